"""What the tests share: one bench, on which each data set is analyzed once."""

from pathlib import Path

import pytest
from checks import Bench
from exhibits import of_the_run
from runs import Runs
from takehome_suite.exhibits import RunExhibits
from takehome_suite.run import Run
from takehome_suite.submission import Submission


@pytest.fixture(scope="session")
def bench(run: Run, submission: Submission, run_exhibits: RunExhibits) -> Bench:
    """Its folder is on the input volume, as runs read their inputs there."""
    folder = submission.input("sets")
    bench = Bench(Runs(submission), Path(folder), run.seed)
    run_exhibits.at_the_end(lambda: of_the_run(bench))
    return bench
