"""What the tests share: one bench, on which each training, run and start happens once."""

from collections.abc import Iterator

import pytest
from bench import Bench
from containers import ContainerRunner
from exhibits import of_the_run
from takehome_suite.client import Recorder
from takehome_suite.exhibits import RunExhibits
from takehome_suite.model import Model
from takehome_suite.run import Run


@pytest.fixture(scope="session")
def bench(
    request: pytest.FixtureRequest, run: Run, recorder: Recorder, model: Model, run_exhibits: RunExhibits
) -> Iterator[Bench]:
    """What the report shows is made from it at the end."""
    checks = [item.callspec.params["check"] for item in request.session.items if hasattr(item, "callspec")]
    tables = {name for check in checks for name in check.tables}
    bench = Bench(ContainerRunner(model, run.state_dir / "given"), recorder, run.seed, tables)
    run_exhibits.at_the_end(lambda: of_the_run(bench))
    yield bench
    bench.retire()
