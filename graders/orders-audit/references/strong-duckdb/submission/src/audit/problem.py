class InputProblem(Exception):
    """A reason, on one line, why there is nothing to analyze."""
