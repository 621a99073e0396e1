"""Opaque cursors: the sort value and id of the last row shown. Whatever does not decode cleanly is refused."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from app.errors import invalid

_MAX_LENGTH = 4096
_MAX_INT = 2**63 - 1


@dataclass(frozen=True)
class Cursor:
    kind: str
    value: int | str
    id: str

    def encode(self) -> str:
        text = json.dumps([self.kind, self.value, self.id], ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(text: str | None, kind: str, value_type: type[int | str]) -> Cursor | None:
    """None when there is no cursor; 422 when it was not made for this list and sort."""
    if text is None:
        return None
    if not text.isascii() or len(text) > _MAX_LENGTH:
        raise invalid("cursor")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        parts = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError, binascii.Error):
        raise invalid("cursor") from None
    if not isinstance(parts, list) or len(parts) != 3:
        raise invalid("cursor")
    found, value, row_id = parts
    if found != kind or type(value) is not value_type or not isinstance(row_id, str):
        raise invalid("cursor")
    if isinstance(value, int) and abs(value) > _MAX_INT:
        raise invalid("cursor")
    if not all(_storable(part) for part in (value, row_id) if isinstance(part, str)):
        raise invalid("cursor")
    return Cursor(kind, value, row_id)


def _storable(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)
