"""Generated tests under control: seeded, bounded in examples and in time, nothing kept, and a readable proof.

Hypothesis searches and shrinks. What it finds is told as the steps of the smallest run that fails.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis.errors import Flaky, FlakyStrategyDefinition
from hypothesis.internal.conjecture import engine
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from hypothesis.strategies import SearchStrategy

from takehome_suite.client import Recorder
from takehome_suite.outcome import Partial, Unmet

SHRINK_SECONDS = 8


class Budget:
    """The time that a search may take. It ends a search that found nothing; shrinking has its own bound."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self.found = False

    def over(self) -> bool:
        """Whether to stop: never once a failure was found, because it must fail again to be believed."""
        return not self.found and time.monotonic() > self._end


class Model(RuleBasedStateMachine):
    """A state machine that tells its steps. The class attributes are set for one test by `run_model`."""

    budget: Budget
    recorder: Recorder

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[str] = []
        # Only the run that fails last, the smallest one, is shown.
        self.recorder.clear()

    def tell(self, step: str) -> None:
        """Keeps a step for the proof."""
        self.steps.append(step)

    @contextmanager
    def judged(self) -> Iterator[None]:
        """Adds the steps so far to what is found to be wrong."""
        try:
            yield
        except Unmet as error:
            self.budget.found = True
            error.observed = {"steps": self.steps[-30:], "observed": error.observed}
            raise


def run_model(machine: type[Model], *, seed: int, runs: int, steps: int) -> None:
    """Runs the machine; raises what the smallest failing run raised."""
    settings = _settings(runs, stateful_step_count=steps)
    seeded = hypothesis.seed(seed)(machine)
    with _shrinking(), _believed():
        try:
            run_state_machine_as_test(seeded, settings=settings)
        except FlakyStrategyDefinition:
            # When the time is over no step does anything, so rules that need an item are not offered any more, and
            # the same draws lead elsewhere. That is the end of the search, and no fault of it.
            if not machine.budget.over():
                raise


def run_examples(
    strategy: SearchStrategy[Any], check: Callable[[Any], None], *, seed: int, examples: int, budget: Budget
) -> None:
    """Runs the check on generated values; raises what the smallest failing value raised."""

    @hypothesis.seed(seed)
    @_settings(examples)
    @hypothesis.given(value=strategy)
    def search(value: Any) -> None:
        if budget.over():
            return
        try:
            check(value)
        except Unmet:
            budget.found = True
            raise

    with _shrinking(), _believed():
        search()


def _settings(examples: int, **more: Any) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        **more,
    )


@contextmanager
def _shrinking() -> Iterator[None]:
    """Bounds shrinking: five minutes, the library's own bound, is more than a whole phase has."""
    usual = engine.MAX_SHRINKING_SECONDS
    engine.MAX_SHRINKING_SECONDS = SHRINK_SECONDS
    try:
        yield
    finally:
        engine.MAX_SHRINKING_SECONDS = usual


@contextmanager
def _believed() -> Iterator[None]:
    """A failure that does not happen again with the same steps is told as such, and counts half."""
    try:
        yield
    except Flaky as error:
        first = _first_unmet(error)
        if first is None:
            raise
        raise Partial(
            f"Once, but not again with the same steps: {first.message}",
            expected=first.expected,
            observed=first.observed,
        ) from None


def _first_unmet(error: BaseException) -> Unmet | None:
    if isinstance(error, Unmet):
        return error
    inner = (
        error.exceptions if isinstance(error, BaseExceptionGroup) else [error.__cause__, error.__context__]
    )
    for other in inner:
        found = _first_unmet(other) if other is not None else None
        if found is not None:
            return found
    return None
