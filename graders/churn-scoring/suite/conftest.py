"""What the tests share: one bench, on which each training, run and start happens once."""

from collections.abc import Iterator

import pytest
from bench import Bench
from report_data import report_data
from runner import Runner
from takehome_suite.client import Recorder
from takehome_suite.run import Run, State


@pytest.fixture(scope="session")
def bench(run: Run, recorder: Recorder, state: State, model_runner: Runner) -> Iterator[Bench]:
    """`model_runner` is the orchestrator's side of `runner.Runner`. What the report shows is kept at the end."""
    bench = Bench(model_runner, recorder, run.seed)
    yield bench
    state.note("report", report_data(bench))
    bench.retire()
