"""Strict JSON: parsing that never fails with a server error, and a canonical text for comparing values."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from app.errors import ApiError

# The contract asks for 50 levels; far below Python's recursion limit.
MAX_DEPTH = 100


def parse_object(raw: bytes) -> dict[str, Any]:
    """Fractions become Decimal, so that no number is rounded or infinite."""
    try:
        value = json.loads(raw.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise ApiError(400, "malformed_json") from error
    if not isinstance(value, dict) or _too_deep(value):
        raise ApiError(422, "invalid", fields=[])
    return value


def canonical(value: Any) -> str:
    """Equal JSON values give equal texts: members in any order, 10 = 10.0 = 1e1, 1 differs from true."""
    if isinstance(value, dict):
        members = (f"{json.dumps(name)}:{canonical(value[name])}" for name in sorted(value))
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(entry) for entry in value) + "]"
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return _number(Decimal(value))
    return json.dumps(value)


def _number(value: Decimal) -> str:
    # Decimal.normalize would round to the context's precision.
    sign, digits, exponent = value.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    kept = text.rstrip("0")
    if not kept:
        return "0"
    return f"{'-' if sign else ''}{kept}e{int(exponent) + len(text) - len(kept)}"


def _too_deep(value: Any) -> bool:
    layer = [value]
    for _ in range(MAX_DEPTH):
        children: list[Any] = []
        for entry in layer:
            if isinstance(entry, dict):
                children.extend(entry.values())
            elif isinstance(entry, list):
                children.extend(entry)
        if not children:
            return False
        layer = children
    return True


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
