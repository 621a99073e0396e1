"""What a valid row is, in csv and in JSON. Both become the same tuple of values, in the order of `FEATURES`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

Value = str | float | int | bool | None
Row = tuple[Value, ...]
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


class Feature(NamedTuple):
    """A column that predictions may use."""

    name: str
    type: str
    nullable: bool


FEATURES = (
    Feature("signup_date", "date", False),
    Feature("plan", "category", False),
    Feature("region", "category", True),
    Feature("monthly_fee", "number", False),
    Feature("tenure_months", "integer", False),
    Feature("days_since_last_login", "integer", False),
    Feature("support_tickets_90d", "integer", False),
    Feature("payment_method", "category", False),
    Feature("autopay", "boolean", False),
    Feature("discount_pct", "number", True),
    Feature("usage_gb_30d", "number", True),
    Feature("referral_source", "category", True),
)


class InvalidRow(Exception):
    """A row that cannot be scored, by its place."""

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(f"row {index}: {reason}")
        self.index = index
        self.reason = reason


def rows_of_json(instances: Sequence[Any]) -> list[Row]:
    """The rows of a request. Fields that are no features are not looked at."""
    return [_row(index, instance) for index, instance in enumerate(instances)]


def _row(index: int, instance: Any) -> Row:
    if not isinstance(instance, dict):
        raise InvalidRow(index, "is no object")
    values = []
    for feature in FEATURES:
        value = instance.get(feature.name)
        if value is None and not feature.nullable:
            raise InvalidRow(index, f"{feature.name} is required")
        try:
            values.append(None if value is None else _READERS[feature.type](value))
        except (ValueError, OverflowError) as error:
            raise InvalidRow(index, f"{feature.name} {error}") from None
    return tuple(values)


def rows_of_csv(records: Sequence[Mapping[str, str]]) -> list[Row]:
    """The rows of a table. The empty field, or no field, is null."""
    return [_row(index, _spelled(record)) for index, record in enumerate(records)]


def _spelled(record: Mapping[str, str]) -> dict[str, Any]:
    """A csv record as it would stand in JSON; what is no value of its type stays text, and is refused as such."""
    found: dict[str, Any] = {}
    for feature in FEATURES:
        text = record.get(feature.name, "")
        if text == "":
            found[feature.name] = None
        elif feature.type in ("number", "integer") and _NUMBER.fullmatch(text):
            found[feature.name] = float(text)
        elif feature.type == "boolean":
            found[feature.name] = {"true": True, "false": False}.get(text, text)
        else:
            found[feature.name] = text
    return found


def _date(value: Any) -> str:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("is no day YYYY-MM-DD")
    try:
        date.fromisoformat(value)
    except ValueError:
        raise ValueError("is not in the calendar") from None
    return value


def _category(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("is no string")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("is no number")
    if not math.isfinite(float(value)):
        raise ValueError("is not finite")
    return float(value)


def _integer(value: Any) -> float:
    number = _number(value)
    if not number.is_integer():
        raise ValueError("is no integer")
    return number


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("is no boolean")
    return value


_READERS = {
    "date": _date,
    "category": _category,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
}
