"""What is left when the zoo's services have ended."""

from takehome_suite.run import Run


def test_there_is_a_log(run: Run) -> None:
    """Replica a printed something."""
    assert run.logs["a"].stat().st_size > 0, "the log of replica a should not be empty"
