"""Customers as the float32 matrix that goes into the graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scoring.customer import TYPES, Customer

Encoder = dict[str, list[str]]
_CATEGORIES = [name for name, kind in TYPES.items() if kind == "category"]
_NUMBERS = [name for name, kind in TYPES.items() if kind in ("number", "integer", "boolean")]
_MISSING = -1.0


def learn(customers: Sequence[Customer]) -> Encoder:
    """The categories that occur."""
    return {name: sorted({getattr(one, name) for one in customers} - {None}) for name in _CATEGORIES}


def encode(customers: Sequence[Customer], encoder: Encoder) -> np.ndarray[Any, np.dtype[np.float32]]:
    """One-hot for categories (null is one, an unseen one is none of them), a flag beside each number that may be missing."""
    places: dict[tuple[str, str | None], int] = {}
    for name in _CATEGORIES:
        for value in (None, *encoder[name]):
            places[name, value] = len(places)
    width = len(places) + 2 * len(_NUMBERS) + 2
    found = np.zeros((len(customers), width), dtype=np.float32)
    for row, customer in enumerate(customers):
        for name in _CATEGORIES:
            place = places.get((name, getattr(customer, name)))
            if place is not None:
                found[row, place] = 1.0
        for place, name in enumerate(_NUMBERS, len(places)):
            value = getattr(customer, name)
            # A double may be too large for what the graph computes with.
            found[row, place] = _MISSING if value is None else np.clip(float(value), -1e30, 1e30)
            found[row, place + len(_NUMBERS)] = value is None
        found[row, -2] = float(customer.signup_date[:4])
        found[row, -1] = float(customer.signup_date[5:7])
    return found
