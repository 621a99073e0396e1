"""A record as a list of numbers, by what was learned from the training data."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

from net.record import SPEC, Record

_NUMERIC = [name for name, (kind, _) in SPEC.items() if kind in ("number", "integer")]
_CATEGORIES = [name for name, (kind, _) in SPEC.items() if kind == "category"]
_FURTHEST = 6.0
Recipe = dict[str, Any]


def learn(records: Sequence[Record]) -> Recipe:
    """The scale of each number, and the known categories."""
    scales = {}
    for name in _NUMERIC:
        known = [_squeezed(record[name]) for record in records if record[name] is not None]
        scales[name] = [statistics.fmean(known), statistics.pstdev(known) or 1.0] if known else [0.0, 1.0]
    known_categories = {
        name: sorted({record[name] for record in records if record[name] is not None}) for name in _CATEGORIES
    }
    return {"scales": scales, "categories": known_categories}


def vector(record: Record, recipe: Recipe) -> list[float]:
    """Numbers, squares of them, flags for missing ones, one column a category, and the month of the signup."""
    found = []
    for name in _NUMERIC:
        value = record[name]
        mean, spread = recipe["scales"][name]
        scaled = 0.0 if value is None else (_squeezed(value) - mean) / spread
        scaled = min(max(scaled, -_FURTHEST), _FURTHEST)
        found += [scaled, scaled * scaled / 2, float(value is None)]
    for name in _CATEGORIES:
        value = record[name]
        found += [float(value == known) for known in recipe["categories"][name]]
        found.append(float(value is None))
    found.append(float(record["autopay"]))
    month = int(record["signup_date"][5:7])
    found += [float(month == number) for number in range(1, 13)]
    return found


def _squeezed(value: float) -> float:
    """Amounts and counts have long tails."""
    return math.copysign(math.log1p(abs(float(value))), float(value))
