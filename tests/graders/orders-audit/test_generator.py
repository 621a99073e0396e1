"""What a data set expects to stay is valid by the brief: a generator that is wrong would accuse wrongly."""

from dataclasses import replace
from typing import Any

import pytest
from generator import PROFILES, generate, plants
from generator.model import MOST_CENTS, MOST_QUANTITY
from generator.truth import Orders


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_no_order_is_beyond_the_rules(profile: str) -> None:
    for seed in range(40):
        assert generate(profile, seed, 120).rows


@pytest.mark.parametrize("seed", [205, 223, 238])
def test_another_version_of_the_largest_order_is_one_that_the_rules_allow(seed: int) -> None:
    quantities = [row.version.quantity for row in generate("mess", seed, 400).rows]
    assert max(quantities) == MOST_QUANTITY


@pytest.mark.parametrize(
    "beyond",
    [
        {"quantity": 0},
        {"quantity": MOST_QUANTITY + 1},
        {"quantity": -MOST_QUANTITY - 1},
        {"price_cents": MOST_CENTS + 1},
        {"price_cents": -1},
        {"discount": 10_001},
    ],
)
def test_what_is_beyond_them_is_a_fault_of_the_suite(
    beyond: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def planted(orders: Orders) -> None:
        orders.add(replace(orders.order(), **beyond))

    monkeypatch.setattr(plants, "plant", planted)
    with pytest.raises(ValueError, match="no rule allows"):
        generate("mess", 1, 120)
