"""What the tests share: one bench, on which each training, run and start happens once."""

from collections.abc import Iterator

import pytest
from bench import Bench
from containers import ContainerRunner
from report_data import report_data
from takehome_suite.client import Recorder
from takehome_suite.model import Model
from takehome_suite.run import Run, State


@pytest.fixture(scope="session")
def bench(run: Run, recorder: Recorder, state: State, model: Model) -> Iterator[Bench]:
    """What the report shows is kept at the end."""
    bench = Bench(ContainerRunner(model, run.state_dir / "given"), recorder, run.seed)
    yield bench
    state.note("report", report_data(bench))
    bench.retire()
