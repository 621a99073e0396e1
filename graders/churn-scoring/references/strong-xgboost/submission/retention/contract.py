"""The contract of a row: names, types, and the floats that it becomes."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

DATE, CATEGORY, NUMBER, INTEGER, BOOLEAN = "date", "category", "number", "integer", "boolean"
FEATURES: dict[str, str] = {
    "signup_date": DATE,
    "plan": CATEGORY,
    "region": CATEGORY,
    "monthly_fee": NUMBER,
    "tenure_months": INTEGER,
    "days_since_last_login": INTEGER,
    "support_tickets_90d": INTEGER,
    "payment_method": CATEGORY,
    "autopay": BOOLEAN,
    "discount_pct": NUMBER,
    "usage_gb_30d": NUMBER,
    "referral_source": CATEGORY,
}
NULLABLE = frozenset({"region", "discount_pct", "usage_gb_30d", "referral_source"})
CATEGORIES = tuple(name for name, kind in FEATURES.items() if kind == CATEGORY)
_LARGEST = 3.0e38


class RowError(Exception):
    def __init__(self, index: int, problem: str) -> None:
        super().__init__(f"row {index}: {problem}")
        self.index = index
        self.problem = problem


def checked(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Each row with exactly the features, None for null."""
    return [_checked(index, row) for index, row in enumerate(rows)]


def _checked(index: int, row: Any) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise RowError(index, "is no object")
    found = {name: row.get(name) for name in FEATURES}
    for name, value in found.items():
        if value is None:
            if name not in NULLABLE:
                raise RowError(index, f"{name} is required")
        elif not _IS[FEATURES[name]](value):
            raise RowError(index, f"{name} is no {FEATURES[name]}")
    return found


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    # What does not fit into the float32 of the trees is as good as infinite.
    return -_LARGEST <= value <= _LARGEST


def _is_date(value: Any) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}(-[0-9]{2}){2}", value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


_IS = {
    DATE: _is_date,
    CATEGORY: lambda value: isinstance(value, str),
    NUMBER: _is_number,
    INTEGER: lambda value: _is_number(value) and value == math.floor(value),
    BOOLEAN: lambda value: isinstance(value, bool),
}


def from_text(cells: dict[str, str | None]) -> dict[str, Any]:
    """A csv record as JSON would say it. A cell that is no value of its type is left as text."""
    found: dict[str, Any] = {}
    for name, kind in FEATURES.items():
        text = cells.get(name) or None
        value: Any = text
        if text is not None and kind in (NUMBER, INTEGER) and re.fullmatch(r"[-+0-9.eE]+", text):
            try:
                value = float(text)
            except ValueError:
                value = text
        elif kind == BOOLEAN and text in ("true", "false"):
            value = text == "true"
        found[name] = value
    return found


def learned(rows: Sequence[dict[str, Any]]) -> dict[str, list[str | None]]:
    """The categories that occur, null first where it does."""
    return {
        name: sorted({row[name] for row in rows}, key=lambda value: (value is not None, value or ""))
        for name in CATEGORIES
    }


def floats(row: dict[str, Any], encoding: dict[str, list[str | None]]) -> list[float]:
    """The row as the trees see it."""
    found = []
    for name, kind in FEATURES.items():
        value = row[name]
        if kind == CATEGORY:
            found += [float(value == known) for known in encoding[name]]
        elif kind == DATE:
            found += [float(value[:4]), float(value[5:7])]
        else:
            found.append(math.nan if value is None else float(value))
    return found
