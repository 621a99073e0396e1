"""What the tests share: one bench, on which each data set is analyzed once."""

from pathlib import Path

import pytest
from checks import Bench
from runs import Runs
from takehome_suite.run import Run
from takehome_suite.submission import Submission


@pytest.fixture(scope="session")
def bench(run: Run, submission: Submission) -> Bench:
    """Its folder is on the input volume, as runs read their inputs there."""
    folder = submission.input("sets")
    return Bench(Runs(submission), Path(folder), run.seed)
