class CannotUse(Exception):
    """The input folder cannot be analysed at all. Its text is one line for the operator."""
