"""What clients send: bodies, parameters, cursors and entity tags. The worst answer to any of it is a 4xx."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import time
from datetime import UTC, datetime, timedelta
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from service.problems import Problem, invalid, unknown

MAX_NUMBER = 2**31 - 1
MAX_STORED = 2**63 - 1
MAX_DEPTH = 100
MAX_TEXT = 4096
# The authenticated user, on every path that is not public.
USER = web.RequestKey("user", str)
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_LIMIT = re.compile(r"[0-9]{1,3}", re.ASCII)
_TAG = r'(?:W/)?"[^"\x00-\x20\x7f]*"'
_TAGS = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")
# Strips zeros and rounds nothing.
_EXACT = Context(prec=1_000_000, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def new_id() -> str:
    return secrets.token_urlsafe(16)


def now() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000


def timestamp(micros: int) -> str:
    return (_EPOCH + timedelta(microseconds=micros)).isoformat(timespec="microseconds")


async def read_object(request: web.Request) -> dict[str, Any]:
    """The body's object; its numbers are all Decimal, which neither rounds nor overflows."""
    try:
        raw = (await request.read()).decode("utf-8")
        value = json.loads(raw, parse_int=Decimal, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, ArithmeticError, RecursionError, HttpProcessingError):
        raise Problem(400, "not_json") from None
    if not isinstance(value, dict) or _depth(value) > MAX_DEPTH:
        raise invalid("body")
    return value


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _depth(value: Any) -> int:
    depth, layer = 0, [value]
    while layer:
        depth += 1
        lists = [list(entry.values()) if isinstance(entry, dict) else entry for entry in layer]
        layer = [child for entries in lists for child in entries if isinstance(child, dict | list)]
    return depth


def digest(value: Any) -> bytes:
    """Equal for equal JSON values: neither the order of members nor the spelling of numbers counts."""
    return hashlib.sha256(json.dumps(_tagged(value)).encode()).digest()


def _tagged(value: Any) -> Any:
    """Numbers become objects, and objects lists, so that no other value looks like a number."""
    if isinstance(value, dict):
        return [*([name, _tagged(value[name])] for name in sorted(value)), "object"]
    if isinstance(value, list):
        return [*map(_tagged, value), "array"]
    if isinstance(value, Decimal):
        return {"number": str(value.normalize(_EXACT)) if value else "0"}
    return value


def text(body: dict[str, Any], name: str, shortest: int, longest: int) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not shortest <= len(value) <= longest or not storable(value):
        raise invalid(name)
    return value


def integer(body: dict[str, Any], name: str, smallest: int) -> int:
    value = body.get(name)
    if not isinstance(value, Decimal) or not smallest <= value <= MAX_NUMBER or value % 1:
        raise invalid(name)
    return int(value)


def storable(value: str) -> bool:
    return not any(char == "\0" or "\ud800" <= char <= "\udfff" for char in value)


def id_in(request: web.Request) -> str:
    return known_form(request.match_info["id"])


def known_form(value: str) -> str:
    if not _ID.fullmatch(value):
        raise unknown()
    return value


def limit(request: web.Request) -> int:
    value = request.query.get("limit", "50")
    if not _LIMIT.fullmatch(value) or not 1 <= int(value) <= 200:
        raise invalid("limit")
    return int(value)


def search(request: web.Request) -> str:
    value = request.query.get("q", "")
    if len(value) > MAX_TEXT or not storable(value):
        raise invalid("q")
    return value


def cursor(request: web.Request, order: str, kind: type[int | str]) -> tuple[Any, str] | None:
    """Sort value and id of the last row that the client has, or None for the first page."""
    encoded = request.query.get("cursor")
    if encoded is None:
        return None
    try:
        if len(encoded) > MAX_TEXT:
            raise ValueError
        found, value, row_id = json.loads(base64.b64decode(encoded.encode("ascii"), b"-_", validate=True))
    except (ValueError, TypeError, RecursionError):
        raise invalid("cursor") from None
    if found != order or type(value) is not kind or not isinstance(row_id, str):
        raise invalid("cursor")
    if (isinstance(value, int) and abs(value) > MAX_STORED) or not storable(f"{value}{row_id}"):
        raise invalid("cursor")
    return value, row_id


def new_cursor(order: str, value: Any, row_id: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([order, value, row_id]).encode()).decode()


def etag(version: int) -> str:
    return f'"{version}"'


def tag_matches(if_match: str, version: int) -> bool:
    """RFC 9110, 13.1.1: compared strongly, so a weak tag matches nothing; neither does a malformed list."""
    if if_match.strip() == "*":
        return True
    return bool(_TAGS.fullmatch(if_match)) and etag(version) in re.findall(_TAG, if_match)
