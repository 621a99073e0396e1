"""Items in the database. Functions that change something expect to run inside a write transaction."""

from __future__ import annotations

import sqlite3
from typing import Any

from app.clock import new_id, now_micros, rfc3339
from app.cursors import Cursor, decode
from app.errors import ApiError, invalid, not_found
from app.etags import matches
from app.inputs import ItemChange, NewItem

MAX_STOCK = 2**53 - 1
# Also the allow-list: only these names ever reach the SQL text.
SORTS: dict[str, type[int | str]] = {"name": str, "stock": int, "created_at": int}


def as_json(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "sku": row["sku"],
        "name": row["name"],
        "stock": row["stock"],
        "version": row["version"],
        "owner_id": row["owner_id"],
        "created_at": rfc3339(row["created_at"]),
    }


def find_item(connection: sqlite3.Connection, item_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute("SELECT * FROM items WHERE id = ?", (item_id,)).fetchone()
    if row is None:
        raise not_found()
    return row


def owned_item(connection: sqlite3.Connection, item_id: str, user_id: str) -> sqlite3.Row:
    row = find_item(connection, item_id)
    if row["owner_id"] != user_id:
        raise ApiError(403, "not_the_owner")
    return row


def create_item(connection: sqlite3.Connection, user_id: str, new: NewItem) -> sqlite3.Row:
    item_id = new_id()
    added = connection.execute(
        "INSERT INTO items (id, owner_id, sku, name, stock, version, created_at) VALUES (?, ?, ?, ?, ?, 1, ?)"
        " ON CONFLICT (owner_id, sku) DO NOTHING",
        (item_id, user_id, new.sku, new.name, new.stock, now_micros()),
    )
    if added.rowcount == 0:
        raise ApiError(409, "sku_taken")
    return find_item(connection, item_id)


def replace_item(
    connection: sqlite3.Connection, item_id: str, user_id: str, if_match: str, change: ItemChange
) -> sqlite3.Row:
    row = owned_item(connection, item_id, user_id)
    if not matches(if_match, row["version"]):
        raise ApiError(412, "precondition_failed")
    connection.execute(
        "UPDATE items SET name = ?, stock = ?, version = version + 1 WHERE id = ?",
        (change.name, change.stock, item_id),
    )
    return find_item(connection, item_id)


def delete_item(connection: sqlite3.Connection, item_id: str, user_id: str) -> None:
    owned_item(connection, item_id, user_id)
    if connection.execute("SELECT 1 FROM orders WHERE item_id = ? LIMIT 1", (item_id,)).fetchone():
        raise ApiError(409, "has_orders")
    connection.execute("DELETE FROM items WHERE id = ?", (item_id,))


def adjust_stock(connection: sqlite3.Connection, item_id: str, user_id: str, delta: int) -> int:
    row = owned_item(connection, item_id, user_id)
    stock: int = row["stock"] + delta
    if stock < 0:
        raise ApiError(409, "insufficient_stock")
    if stock > MAX_STOCK:
        raise invalid("delta")
    connection.execute(
        "UPDATE items SET stock = ?, version = version + 1 WHERE id = ?",
        (stock, item_id),
    )
    return stock


def list_items(
    connection: sqlite3.Connection, sort: str, search: str, cursor_text: str | None, limit: int
) -> dict[str, Any]:
    """One page by keyset: what comes after the last row shown, whatever was added or removed meanwhile."""
    if sort not in SORTS:
        raise invalid("sort")
    kind = f"items:{sort}"
    after = decode(cursor_text, kind, SORTS[sort])
    conditions = ["1"]
    values: list[Any] = []
    if search:
        # instr has no wildcards; lower folds ASCII letters.
        conditions.append("instr(lower(name), lower(?)) > 0")
        values.append(search)
    if after is not None:
        conditions.append(f"({sort}, id) > (?, ?)")
        values += [after.value, after.id]
    where = " AND ".join(conditions)
    rows = connection.execute(
        f"SELECT * FROM items WHERE {where} ORDER BY {sort}, id LIMIT ?", (*values, limit + 1)
    ).fetchall()
    page = rows[:limit]
    following = len(rows) > limit
    return {
        "items": [as_json(row) for row in page],
        "next_cursor": Cursor(kind, page[-1][sort], page[-1]["id"]).encode() if following else None,
    }
