"""Pages by keyset: a cursor holds the sort value and the id of the last row shown."""

from __future__ import annotations

import base64
import json
import re
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from shop.errors import invalid
from shop.values import storable

_LIMIT = re.compile(r"[0-9]{1,3}", re.ASCII)
_MAX_CURSOR = 4096


def limit_of(request: HttpRequest) -> int:
    given = request.GET.get("limit", "50")
    if not _LIMIT.fullmatch(given) or not 1 <= int(given) <= 200:
        raise invalid("limit")
    return int(given)


def page(request: HttpRequest, rows: QuerySet[Any], column: str) -> tuple[list[Any], str | None]:
    """The rows after the request's cursor, and the cursor of the next page if there is one."""
    limit = limit_of(request)
    scope = f"{rows.model.__name__}.{column}"
    after = _decode(request.GET.get("cursor"), scope, column)
    if after is not None:
        value, row_id = after
        rows = rows.filter(Q(**{f"{column}__gt": value}) | Q(**{column: value, "id__gt": row_id}))
    found = list(rows.order_by(column, "id")[: limit + 1])
    shown = found[:limit]
    return shown, _encode(scope, column, shown[-1]) if len(found) > limit else None


def _encode(scope: str, column: str, row: Model) -> str:
    value = getattr(row, column)
    plain = value.isoformat() if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(json.dumps([scope, plain, row.pk]).encode()).decode()


def _decode(cursor: str | None, scope: str, column: str) -> tuple[Any, str] | None:
    if cursor is None:
        return None
    try:
        if len(cursor) > _MAX_CURSOR:
            raise ValueError
        decoded = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        found, plain, row_id = json.loads(decoded)
        if found != scope or not isinstance(row_id, str) or not storable(row_id):
            raise ValueError
        return _sort_value(plain, column), row_id
    except (ValueError, TypeError, RecursionError):
        raise invalid("cursor") from None


def _sort_value(plain: Any, column: str) -> Any:
    if column == "created_at":
        moment = datetime.fromisoformat(plain)
        if moment.tzinfo is None or not 1 < moment.year < 9999:
            raise ValueError
        return moment
    if column == "stock":
        if type(plain) is not int or not 0 <= plain < 2**63:
            raise ValueError
        return plain
    if not isinstance(plain, str) or not storable(plain):
        raise ValueError
    return plain
