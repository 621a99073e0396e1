"""Idempotency keys: a lease while a request is pending, the answer once it has succeeded.

The lease is longer than any request takes. One whose process was killed runs out by itself; taking it over writes a
new lease, and a request that no longer holds its lease cannot finish.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from stockroom.params import new_id
from stockroom.problems import Problem
from stockroom.tables import idempotency

LEASE_SECONDS = 10.0


@dataclass(frozen=True)
class Lease:
    user_id: str
    key: str
    token: str

    def held(self) -> ColumnElement[bool]:
        return and_(
            idempotency.c.user_id == self.user_id,
            idempotency.c.key == self.key,
            idempotency.c.lease == self.token,
            idempotency.c.answer.is_(None),
        )


def begin(connection: Connection, user_id: str, key: str, fingerprint: str) -> Lease | dict[str, Any]:
    """A lease to go on with, or the stored answer."""
    where = and_(idempotency.c.user_id == user_id, idempotency.c.key == key)
    row = connection.execute(select(idempotency).where(where)).first()
    if row is not None and row.answer is not None:
        if row.fingerprint != fingerprint:
            raise Problem(422, "idempotency_key_reused")
        stored: dict[str, Any] = json.loads(row.answer)
        return stored
    if row is not None and row.lease_ends > time.time():
        raise Problem(409, "in_progress")
    lease = Lease(user_id, key, new_id())
    connection.execute(delete(idempotency).where(where))
    connection.execute(
        insert(idempotency).values(
            user_id=user_id,
            key=key,
            fingerprint=fingerprint,
            lease=lease.token,
            lease_ends=time.time() + LEASE_SECONDS,
        )
    )
    return lease


def settle(connection: Connection, lease: Lease, answer: dict[str, Any]) -> None:
    """In the transaction that makes the change: both are kept, or neither."""
    changed = connection.execute(update(idempotency).where(lease.held()).values(answer=json.dumps(answer)))
    if changed.rowcount != 1:
        raise Problem(409, "in_progress")


def release(connection: Connection, lease: Lease) -> None:
    connection.execute(delete(idempotency).where(lease.held()))
