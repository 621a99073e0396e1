"""A search by a state machine whose time ends in the middle."""

import pytest
from hypothesis import strategies as st
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import precondition, rule
from takehome_suite.client import Recorder
from takehome_suite.generated import Budget, Model, run_model


class Steps(Budget):
    """Time that is over after so many looks at it."""

    def __init__(self, steps: int, *, told: bool = True) -> None:
        super().__init__(0.0)
        self.left = steps
        self.told = told

    def over(self) -> bool:
        self.left -= 1
        return self.left < 0 and self.told


class Shelf(Model):
    """As in a suite: what needs an item is offered only where there is one, and nothing is done when the time is over."""

    limit: int

    def __init__(self) -> None:
        super().__init__()
        self.items: list[int] = []

    @rule(number=st.integers(0, 1))
    def create(self, number: int) -> None:
        self.limit_steps()
        if type(self).limit >= 0:
            self.items.append(number)

    @precondition(lambda self: self.items)
    @rule(number=st.integers(0, 1))
    def use(self, number: int) -> None:
        self.limit_steps()

    def limit_steps(self) -> None:
        type(self).limit -= 1
        self.budget.over()


def run(seed: int, *, told: bool) -> None:
    limit = 200 + 7 * seed
    members = {"limit": limit, "budget": Steps(limit, told=told), "recorder": Recorder()}
    run_model(type("Once", (Shelf,), members), seed=seed, runs=200, steps=6)


@pytest.mark.filterwarnings("ignore")
def test_the_end_of_the_time_is_no_fault() -> None:
    for seed in range(10):
        run(seed, told=True)


@pytest.mark.filterwarnings("ignore")
def test_anything_else_that_leads_elsewhere_is_one() -> None:
    with pytest.raises(FlakyStrategyDefinition):
        for seed in range(10):
            run(seed, told=False)
