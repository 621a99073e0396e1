"""Reading JSON bodies and their members. Whatever a client sends, the worst answer is a 4xx."""

from __future__ import annotations

import hashlib
import json
import re
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from shop.errors import ApiError, invalid

MAX_NUMBER = 2**31 - 1
MAX_DEPTH = 100
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_EMAIL = re.compile(r"[^\s@\x00-\x1f]+@[^\s@\x00-\x1f]+")


def json_object(request: HttpRequest) -> dict[str, Any]:
    try:
        value = json.loads(request.body.decode("utf-8"), parse_float=Decimal, parse_constant=_no_constants)
    except (ValueError, ArithmeticError, RecursionError):
        raise ApiError(400, "malformed_json") from None
    if not isinstance(value, dict) or _depth(value) > MAX_DEPTH:
        raise ApiError(400, "malformed_json")
    return value


def text(body: dict[str, Any], name: str, shortest: int, longest: int) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not shortest <= len(value) <= longest or not storable(value):
        raise invalid(name)
    return value


def integer(body: dict[str, Any], name: str, smallest: int) -> int:
    """A JSON integer. `true` and `1.0` are none."""
    value = body.get(name)
    if type(value) is not int or not smallest <= value <= MAX_NUMBER:
        raise invalid(name)
    return value


def email(body: dict[str, Any]) -> str:
    value = text(body, "email", 3, 254)
    if not _EMAIL.fullmatch(value):
        raise invalid("email")
    return lower(value)


def lower(value: str) -> str:
    """ASCII letters only: `str.lower` would make one of addresses that differ."""
    return value.translate(_LOWER)


def storable(value: str) -> bool:
    return "\0" not in value and not any("\ud800" <= char <= "\udfff" for char in value)


def digest(value: Any) -> str:
    """Equal for equal JSON values, whatever the order of members or the spelling of numbers."""
    return hashlib.sha256(repr(_comparable(value)).encode("utf-8", "surrogatepass")).hexdigest()


def _comparable(value: Any) -> Any:
    """A tree of tuples in which each value stands with its type."""
    match value:
        case dict():
            return ("object", *((name, _comparable(value[name])) for name in sorted(value)))
        case list():
            return ("array", *map(_comparable, value))
        case bool() | None:
            return ("constant", value)
        case int() | Decimal():
            return ("number", _exact(Decimal(value)))
        case _:
            return ("string", value)


def _exact(number: Decimal) -> tuple[int, str, int]:
    """Sign, digits without zeros at either end, exponent: rounds nothing."""
    sign, digits, exponent = number.as_tuple()
    written = "".join(map(str, digits)).lstrip("0")
    kept = written.rstrip("0")
    return (sign, kept, int(exponent) + len(written) - len(kept)) if kept else (0, "", 0)


def _depth(value: Any) -> int:
    deepest = 0
    waiting = [(value, 1)]
    while waiting:
        entry, depth = waiting.pop()
        deepest = max(deepest, depth)
        children = entry.values() if isinstance(entry, dict) else entry if isinstance(entry, list) else ()
        waiting += [(child, depth + 1) for child in children]
    return deepest


def _no_constants(name: str) -> Any:
    raise ValueError(name)
