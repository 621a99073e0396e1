"""Orders and idempotency keys in the database.

An order takes two short transactions: `begin` claims the key, then the price is asked with nothing held, then
`confirm` takes the stock, writes the order and settles the key together. A claim is a lease: one left behind by
a killed process can be taken over when it runs out. Its token fences off the late owner.
"""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from typing import Any

from app.clock import new_id, now_micros, rfc3339
from app.cursors import Cursor, decode
from app.errors import ApiError, invalid, not_found
from app.items import find_item

# Longer than an order can take (7 s of pricing), shorter than the 30 s after which a key must be free again.
LEASE_SECONDS = 10.0
MAX_TOTAL = 2**53 - 1


@dataclass(frozen=True)
class OrderRequest:
    user_id: str
    key: str
    body_digest: str
    item_id: str
    quantity: int
    claim: str


def begin(connection: sqlite3.Connection, wanted: OrderRequest) -> dict[str, Any] | str:
    """The stored answer for a repeated key, or else the sku to be priced, with the key claimed."""
    now = time.time()
    held = connection.execute(
        "SELECT * FROM order_keys WHERE user_id = ? AND key = ?", (wanted.user_id, wanted.key)
    ).fetchone()
    if held is not None and held["order_id"] is not None:
        if held["body_digest"] != wanted.body_digest:
            raise ApiError(422, "idempotency_key_reused")
        return as_json(_find(connection, held["order_id"], wanted.user_id))
    if held is not None and held["claimed_until"] > now:
        raise ApiError(409, "in_progress")
    item = find_item(connection, wanted.item_id)
    if item["stock"] < wanted.quantity:
        raise ApiError(409, "insufficient_stock")
    connection.execute(
        "INSERT OR REPLACE INTO order_keys (user_id, key, body_digest, claim, claimed_until)"
        " VALUES (?, ?, ?, ?, ?)",
        (wanted.user_id, wanted.key, wanted.body_digest, wanted.claim, now + LEASE_SECONDS),
    )
    return str(item["sku"])


def confirm(connection: sqlite3.Connection, wanted: OrderRequest, unit_price_cents: int) -> dict[str, Any]:
    total = wanted.quantity * unit_price_cents
    if total > MAX_TOTAL:
        raise invalid("quantity")
    order_id = new_id()
    taken = connection.execute(
        "UPDATE items SET stock = stock - ?, version = version + 1 WHERE id = ? AND stock >= ?",
        (wanted.quantity, wanted.item_id, wanted.quantity),
    )
    if taken.rowcount == 0:
        find_item(connection, wanted.item_id)
        raise ApiError(409, "insufficient_stock")
    connection.execute(
        "INSERT INTO orders (id, user_id, item_id, quantity, unit_price_cents, total_cents, status, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, 'confirmed', ?)",
        (order_id, wanted.user_id, wanted.item_id, wanted.quantity, unit_price_cents, total, now_micros()),
    )
    settled = connection.execute(
        "UPDATE order_keys SET order_id = ? WHERE user_id = ? AND key = ? AND claim = ? AND order_id IS NULL",
        (order_id, wanted.user_id, wanted.key, wanted.claim),
    )
    if settled.rowcount == 0:
        # The lease ran out and somebody else has the key; the transaction is rolled back.
        raise ApiError(409, "in_progress")
    return as_json(_find(connection, order_id, wanted.user_id))


def release(connection: sqlite3.Connection, wanted: OrderRequest) -> None:
    """Leaves the key free after a request that failed."""
    connection.execute(
        "DELETE FROM order_keys WHERE user_id = ? AND key = ? AND claim = ? AND order_id IS NULL",
        (wanted.user_id, wanted.key, wanted.claim),
    )


def as_json(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "item_id": row["item_id"],
        "quantity": row["quantity"],
        "unit_price_cents": row["unit_price_cents"],
        "total_cents": row["total_cents"],
        "status": row["status"],
        "created_at": rfc3339(row["created_at"]),
    }


def with_item(row: sqlite3.Row) -> dict[str, Any]:
    item = {"id": row["item_id"], "sku": row["item_sku"], "name": row["item_name"]}
    return {**as_json(row), "item": item}


_SELECT = """
    SELECT orders.*, items.sku AS item_sku, items.name AS item_name
    FROM orders JOIN items ON items.id = orders.item_id
"""


def _find(connection: sqlite3.Connection, order_id: str, user_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(
        _SELECT + " WHERE orders.id = ? AND orders.user_id = ?", (order_id, user_id)
    ).fetchone()
    if row is None:
        raise not_found()
    return row


def show_order(connection: sqlite3.Connection, order_id: str, user_id: str) -> dict[str, Any]:
    return with_item(_find(connection, order_id, user_id))


def list_orders(
    connection: sqlite3.Connection, user_id: str, cursor_text: str | None, limit: int
) -> dict[str, Any]:
    after = decode(cursor_text, "orders", int)
    conditions = "orders.user_id = ?"
    values: list[Any] = [user_id]
    if after is not None:
        conditions += " AND (orders.created_at, orders.id) > (?, ?)"
        values += [after.value, after.id]
    rows = connection.execute(
        f"{_SELECT} WHERE {conditions} ORDER BY orders.created_at, orders.id LIMIT ?", (*values, limit + 1)
    ).fetchall()
    page = rows[:limit]
    following = len(rows) > limit
    return {
        "items": [with_item(row) for row in page],
        "next_cursor": Cursor("orders", page[-1]["created_at"], page[-1]["id"]).encode()
        if following
        else None,
    }
