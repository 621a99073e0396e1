class UnusableInput(Exception):
    """The input as a whole cannot be worked with; the message is one line."""
