"""Orders.

Placing one holds nothing while the price is asked: a transaction claims the key, another takes the stock, writes the order
and settles the key. A claim ends by itself, so a killed process leaves no key behind, and a request that has lost its
claim cannot finish. A repeat of a key in progress waits for the first one's result.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from service import wire
from service.database import Database
from service.items import find
from service.pricing import NoPrice, Pricing
from service.problems import Problem, invalid, unknown

# Longer than an order should take.
CLAIM_SECONDS = 9.0
# For the first request with a key to end; then a price may still be asked, and an order is answered within 8 s.
WAIT_SECONDS = 5.0
POLL_SECONDS = 0.05
MAX_TOTAL = 2**53 - 1
_KEY = re.compile(r"[!-~]{1,255}")
_SELECT = "SELECT orders.*, sku, name FROM orders JOIN items ON items.id = item_id WHERE orders.user_id = ?"


@dataclass(frozen=True)
class Wanted:
    user_id: str
    key: str
    digest: bytes
    item_id: str
    quantity: int
    holder: str = field(default_factory=wire.new_id)


class Orders:
    def __init__(self, database: Database, pricing: Pricing) -> None:
        self._database = database
        self._pricing = pricing

    async def create(self, request: web.Request) -> web.Response:
        key = request.headers.get("Idempotency-Key", "")
        if not _KEY.fullmatch(key):
            raise invalid("Idempotency-Key")
        body = await wire.read_object(request)
        if not isinstance(body.get("item_id"), str):
            raise invalid("item_id")
        wanted = Wanted(
            user_id=request[wire.USER],
            key=key,
            digest=wire.digest(body),
            quantity=wire.integer(body, "quantity", 1),
            item_id=wire.known_form(body["item_id"]),
        )
        order = await self._place(wanted)
        return web.json_response(order, status=201, headers={"Location": f"/orders/{order['id']}"})

    async def index(self, request: web.Request) -> web.Response:
        limit, after = wire.limit(request), wire.cursor(request, "orders", int)
        statement, values = _SELECT, [request[wire.USER]]
        if after:
            statement += " AND (orders.created_at, orders.id) > (?, ?)"
            values += after
        statement += " ORDER BY orders.created_at, orders.id LIMIT ?"
        rows = await self._database.read(lambda c: c.execute(statement, (*values, limit + 1)).fetchall())
        shown, more = rows[:limit], len(rows) > limit
        following = wire.new_cursor("orders", shown[-1]["created_at"], shown[-1]["id"]) if more else None
        return web.json_response({"items": [_with_item(row) for row in shown], "next_cursor": following})

    async def show(self, request: web.Request) -> web.Response:
        order_id, user_id = wire.id_in(request), request[wire.USER]
        row = await self._database.read(lambda c: _find(c, order_id, user_id))
        if row is None:
            raise unknown()
        return web.json_response(_with_item(row))

    async def _place(self, wanted: Wanted) -> dict[str, Any]:
        give_up_at = time.monotonic() + WAIT_SECONDS
        begun = await self._database.write(lambda c: _claim(c, wanted))
        while begun is None:
            if time.monotonic() > give_up_at:
                raise Problem(409, "in_progress")
            await asyncio.sleep(POLL_SECONDS)
            if await self._database.read(lambda c: not _in_progress(_held(c, wanted))):
                begun = await self._database.write(lambda c: _claim(c, wanted))
        if isinstance(begun, dict):
            return begun
        try:
            price = await self._pricing.cents(begun)
            return await self._database.write(lambda c: _confirm(c, wanted, price))
        except NoPrice:
            await self._database.write(lambda c: _release(c, wanted))
            raise Problem(503, "no_price") from None
        except Exception:
            await self._database.write(lambda c: _release(c, wanted))
            raise


def _held(connection: sqlite3.Connection, wanted: Wanted) -> sqlite3.Row | None:
    statement = "SELECT * FROM order_keys WHERE user_id = ? AND key = ?"
    row: sqlite3.Row | None = connection.execute(statement, (wanted.user_id, wanted.key)).fetchone()
    return row


def _in_progress(held: sqlite3.Row | None) -> bool:
    return held is not None and held["order_id"] is None and held["expires"] > time.time()


def _claim(connection: sqlite3.Connection, wanted: Wanted) -> dict[str, Any] | str | None:
    """The order of a repeated key; or the sku to be priced, with the key claimed; or None: in progress."""
    held = _held(connection, wanted)
    if held is not None and held["order_id"] is not None:
        if held["digest"] != wanted.digest:
            raise Problem(422, "key_reused")
        return _as_json(_find(connection, held["order_id"], wanted.user_id))
    if _in_progress(held):
        return None
    item = find(connection, wanted.item_id)
    if item["stock"] < wanted.quantity:
        raise Problem(409, "insufficient_stock")
    statement = "REPLACE INTO order_keys (user_id, key, digest, holder, expires) VALUES (?, ?, ?, ?, ?)"
    expires = time.time() + CLAIM_SECONDS
    connection.execute(statement, (wanted.user_id, wanted.key, wanted.digest, wanted.holder, expires))
    return str(item["sku"])


def _confirm(connection: sqlite3.Connection, wanted: Wanted, price: int) -> dict[str, Any]:
    if wanted.quantity * price > MAX_TOTAL:
        raise invalid("quantity")
    order_id = wire.new_id()
    taken = connection.execute(
        "UPDATE items SET stock = stock - ?1, version = version + 1 WHERE id = ?2 AND stock >= ?1",
        (wanted.quantity, wanted.item_id),
    )
    if not taken.rowcount:
        find(connection, wanted.item_id)
        raise Problem(409, "insufficient_stock")
    connection.execute(
        "INSERT INTO orders (id, user_id, item_id, quantity, unit_price_cents, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        (order_id, wanted.user_id, wanted.item_id, wanted.quantity, price, wire.now()),
    )
    settled = connection.execute(
        "UPDATE order_keys SET order_id = ? WHERE user_id = ? AND key = ? AND holder = ? AND order_id IS NULL",
        (order_id, wanted.user_id, wanted.key, wanted.holder),
    )
    if not settled.rowcount:
        # The claim has ended, and somebody else has the key. All of this is rolled back.
        raise Problem(409, "in_progress")
    return _as_json(_find(connection, order_id, wanted.user_id))


def _release(connection: sqlite3.Connection, wanted: Wanted) -> None:
    statement = "DELETE FROM order_keys WHERE user_id = ? AND key = ? AND holder = ? AND order_id IS NULL"
    connection.execute(statement, (wanted.user_id, wanted.key, wanted.holder))


def _find(connection: sqlite3.Connection, order_id: str, user_id: str) -> Any:
    return connection.execute(f"{_SELECT} AND orders.id = ?", (user_id, order_id)).fetchone()


def _as_json(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "item_id": row["item_id"],
        "quantity": row["quantity"],
        "unit_price_cents": row["unit_price_cents"],
        "total_cents": row["quantity"] * row["unit_price_cents"],
        "status": "confirmed",
        "created_at": wire.timestamp(row["created_at"]),
    }


def _with_item(row: sqlite3.Row) -> dict[str, Any]:
    return {**_as_json(row), "item": {"id": row["item_id"], "sku": row["sku"], "name": row["name"]}}
