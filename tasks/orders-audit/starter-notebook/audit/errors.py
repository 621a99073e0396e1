"""What can go wrong in a way that the caller should know."""


class UnusableInput(Exception):
    """The input cannot be used: the run ends with exit status 2, and earlier outputs stay as they were."""
