"""Query parameters, ids, keys and entity tags."""

from __future__ import annotations

import base64
import json
import re
import uuid
from datetime import UTC, datetime
from typing import Any

from flask import request

from stockroom.problems import bad_request, not_found

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_KEY = re.compile(r"[!-~]{1,255}")
_NUMBER = re.compile(r"[0-9]{1,3}", re.ASCII)
_TAG = re.compile(r'(W/)?"([!#-~\x80-\xff]*)"')
_TAG_LIST = re.compile(rf"[ \t,]*(?:{_TAG.pattern}[ \t]*(?:,[ \t,]*|$))*")
_MAX_CURSOR = 4096


def new_id() -> str:
    return str(uuid.uuid4())


def now() -> str:
    """Fixed width, so that texts sort like points in time."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def known_form(value: str) -> str:
    if not _ID.fullmatch(value):
        raise not_found()
    return value


def idempotency_key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        raise bad_request("Idempotency-Key is missing or not 1 to 255 visible ASCII characters")
    return key


def limit() -> int:
    text = request.args.get("limit", "50")
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= 200:
        raise bad_request("limit is not a number from 1 to 200")
    return int(text)


def search() -> str:
    text = request.args.get("q", "")
    if "\0" in text or len(text) > 1000:
        raise bad_request("q is not usable")
    return text


def if_match_allows(header: str, version: int) -> bool:
    """RFC 9110, 13.1.1: a list of tags, compared strongly; a weak one never matches."""
    if header.strip() == "*":
        return True
    if not _TAG_LIST.fullmatch(header):
        return False
    return any(not tag[1] and tag[2] == str(version) for tag in _TAG.finditer(header))


def encode_cursor(scope: str, value: str | int, row_id: str) -> str:
    raw = json.dumps({"in": scope, "value": value, "id": row_id}).encode()
    return base64.urlsafe_b64encode(raw).decode()


def read_cursor(scope: str, kind: type) -> tuple[Any, str] | None:
    """Sort value and id of the last row of the page before, or None on the first page."""
    text = request.args.get("cursor")
    if text is None:
        return None
    try:
        if len(text) > _MAX_CURSOR:
            raise ValueError
        data = json.loads(base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True))
        value, row_id = data["value"], data["id"]
        if data["in"] != scope or type(value) is not kind or not isinstance(row_id, str):
            raise ValueError
        # Raises for what the database could not be given.
        f"{value}{row_id}".encode()
        if kind is int and not -(2**63) <= value < 2**63:
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise bad_request("cursor is not one of ours") from None
    return value, row_id
