"""What the tests share: one bench, on which each data set is analyzed once, and the work of the checks."""

import pytest
from checks import Bench
from exhibits import of_the_run
from runs import Runs
from shared_work import SharedWork
from takehome_suite.exhibits import RunExhibits
from takehome_suite.run import Run
from takehome_suite.submission import Submission


@pytest.fixture(scope="session")
def bench(run: Run, submission: Submission, run_exhibits: RunExhibits) -> Bench:
    """Its folder is on the input volume, as runs read their inputs there."""
    bench = Bench(Runs(submission), submission.input("sets"), run.seed)
    run_exhibits.at_the_end(lambda: of_the_run(bench))
    return bench


@pytest.fixture(scope="session")
def work(request: pytest.FixtureRequest, bench: Bench) -> SharedWork:
    """The work of the checks that are asked for."""
    items = request.session.items
    return SharedWork(bench, [item.callspec.params["check"] for item in items if hasattr(item, "callspec")])
