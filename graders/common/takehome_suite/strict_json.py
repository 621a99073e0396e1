"""JSON as it has to be to be relied on: without NaN, and without a name that stands twice in one object."""

import json
from typing import Any


def loads(text: str | bytes) -> Any:
    """The value. Raises `ValueError` with the reason, also for what is nested too deeply."""
    try:
        return json.loads(text, parse_constant=_refuse, object_pairs_hook=_each_once)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands there twice in one object")
    return found
