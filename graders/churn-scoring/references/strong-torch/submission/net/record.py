"""A customer as it is given, checked: JSON as it comes, csv after its cells were read."""

from __future__ import annotations

import datetime
import math
import re
from typing import Any

Record = dict[str, Any]

# name: (type, nullable)
SPEC: dict[str, tuple[str, bool]] = {
    "signup_date": ("date", False),
    "plan": ("category", False),
    "region": ("category", True),
    "monthly_fee": ("number", False),
    "tenure_months": ("integer", False),
    "days_since_last_login": ("integer", False),
    "support_tickets_90d": ("integer", False),
    "payment_method": ("category", False),
    "autopay": ("boolean", False),
    "discount_pct": ("number", True),
    "usage_gb_30d": ("number", True),
    "referral_source": ("category", True),
}
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_NUMERAL = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?", re.ASCII)


class Wrong(Exception):
    """The row at `index` cannot be scored."""

    def __init__(self, index: int, text: str) -> None:
        super().__init__(f"row {index}: {text}")
        self.index = index
        self.text = text


def check(index: int, given: Any) -> Record:
    """The features of a row, or `Wrong`."""
    if not isinstance(given, dict):
        raise Wrong(index, "not an object")
    found: Record = {}
    for name, (kind, nullable) in SPEC.items():
        value = given.get(name)
        if value is None:
            if not nullable:
                raise Wrong(index, f"{name} is missing")
        elif not _fits(kind, value):
            raise Wrong(index, f"{name} is not a valid {kind}")
        found[name] = value
    return found


def _fits(kind: str, value: Any) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "category":
        return isinstance(value, str)
    if kind == "date":
        return isinstance(value, str) and _in_calendar(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    # Larger integers than a double can hold are as impossible as infinity.
    if (isinstance(value, int) and abs(value) > 10**300) or not math.isfinite(value):
        return False
    return kind == "number" or float(value).is_integer()


def _in_calendar(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    try:
        datetime.date(*(int(part) for part in match.groups()))
    except ValueError:
        return False
    return True


def read_cells(cells: dict[str, str]) -> Record:
    """What the cells of a csv row stand for. What cannot be read stays text."""
    found: Record = {}
    for name, (kind, _) in SPEC.items():
        text = cells.get(name, "")
        if text == "":
            found[name] = None
        elif kind in ("number", "integer") and _NUMERAL.fullmatch(text):
            found[name] = float(text)
        elif kind == "boolean" and text in ("true", "false"):
            found[name] = text == "true"
        else:
            found[name] = text
    return found
