class UnusableInput(Exception):
    """Nothing can be analysed; the text says why."""
