"""Values as they come, from JSON or csv, into columns of plain values; or the first row that is not valid."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class Field:
    """A feature: its type in the words of `/metadata`."""

    name: str
    type: str
    nullable: bool = False


FIELDS = (
    Field("signup_date", "date"),
    Field("plan", "category"),
    Field("region", "category", nullable=True),
    Field("monthly_fee", "number"),
    Field("tenure_months", "integer"),
    Field("days_since_last_login", "integer"),
    Field("support_tickets_90d", "integer"),
    Field("payment_method", "category"),
    Field("autopay", "boolean"),
    Field("discount_pct", "number", nullable=True),
    Field("usage_gb_30d", "number", nullable=True),
    Field("referral_source", "category", nullable=True),
)


class BadRow(ValueError):
    """Says which row, and which field of it."""

    def __init__(self, row: int, field: str, reason: str) -> None:
        super().__init__(f"row {row}: {field} {reason}")
        self.row = row
        self.field = field
        self.reason = reason


def columns(rows: Sequence[Any], readers: Mapping[str, Callable[[Any], Any]]) -> Columns:
    """Reads rows into columns. A value for which the reader raises `ValueError` makes its row bad."""
    found: Columns = {field.name: [] for field in FIELDS}
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise BadRow(number, "the instance", "is no object")
        for field in FIELDS:
            value = row.get(field.name)
            if value is None:
                if not field.nullable:
                    raise BadRow(number, field.name, "is required")
                found[field.name].append(None)
                continue
            try:
                found[field.name].append(readers[field.type](value))
            except (ValueError, OverflowError) as error:
                raise BadRow(number, field.name, str(error)) from None
    return found


def _day(value: Any) -> tuple[int, int]:
    if not isinstance(value, str) or not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("is no date YYYY-MM-DD")
    day = date(*map(int, value.split("-")))
    return day.year, day.month


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("is no text")
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError("is no finite number")
    return float(value)


def _whole(value: Any) -> float:
    if not _number(value).is_integer():
        raise ValueError("is no integer")
    return float(value)


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("is no boolean")
    return value


FROM_JSON: dict[str, Callable[[Any], Any]] = {
    "date": _day,
    "category": _text,
    "number": _number,
    "integer": _whole,
    "boolean": _flag,
}


def _spelled_number(value: str) -> float:
    if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", value):
        raise ValueError("is no number")
    return _number(float(value))


def _spelled_flag(value: str) -> bool:
    if value not in ("true", "false"):
        raise ValueError("is no boolean")
    return value == "true"


FROM_CSV: dict[str, Callable[[Any], Any]] = {
    "date": _day,
    "category": _text,
    "number": _spelled_number,
    "integer": lambda value: _whole(_spelled_number(value)),
    "boolean": _spelled_flag,
}
