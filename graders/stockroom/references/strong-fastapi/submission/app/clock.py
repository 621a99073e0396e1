"""Identifiers and points in time: microseconds since 1970 in the database, RFC 3339 in answers."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def new_id() -> str:
    return secrets.token_hex(16)


def now_micros() -> int:
    return time.time_ns() // 1000


def rfc3339(micros: int) -> str:
    moment = _EPOCH + timedelta(microseconds=micros)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
