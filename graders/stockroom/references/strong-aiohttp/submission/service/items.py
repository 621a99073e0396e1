"""Items."""

from __future__ import annotations

import sqlite3
from typing import Any

from aiohttp import web

from service import wire
from service.database import Database
from service.problems import Problem, invalid, unknown

MAX_STOCK = 2**53 - 1
# Also what may stand in SQL after ORDER BY.
SORTS: dict[str, type[int | str]] = {"name": str, "stock": int, "created_at": int}


class Items:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, request: web.Request) -> web.Response:
        body = await wire.read_object(request)
        sku, name = wire.text(body, "sku", 1, 64), wire.text(body, "name", 1, 200)
        row = (wire.new_id(), request[wire.USER], sku, name, wire.integer(body, "stock", 0), wire.now())

        def add(connection: sqlite3.Connection) -> sqlite3.Row:
            statement = (
                "INSERT INTO items (id, owner_id, sku, name, stock, created_at) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (owner_id, sku) DO NOTHING"
            )
            if connection.execute(statement, row).rowcount == 0:
                raise Problem(409, "sku_taken")
            return find(connection, row[0])

        response = _answer(await self._database.write(add), 201)
        response.headers["Location"] = f"/items/{row[0]}"
        return response

    async def index(self, request: web.Request) -> web.Response:
        sort = request.query.get("sort", "created_at")
        if sort not in SORTS:
            raise invalid("sort")
        order, limit = f"items by {sort}", wire.limit(request)
        after, search = wire.cursor(request, order, SORTS[sort]), wire.search(request)
        statement, values = "SELECT * FROM items WHERE TRUE", []
        if search:
            # `instr` has no wildcards; `lower` folds ASCII.
            statement += " AND instr(lower(name), lower(?)) > 0"
            values.append(search)
        if after:
            statement += f" AND ({sort}, id) > (?, ?)"
            values += after
        statement += f" ORDER BY {sort}, id LIMIT ?"
        rows = await self._database.read(lambda c: c.execute(statement, (*values, limit + 1)).fetchall())
        shown, more = rows[:limit], len(rows) > limit
        following = wire.new_cursor(order, shown[-1][sort], shown[-1]["id"]) if more else None
        return web.json_response({"items": [_as_json(row) for row in shown], "next_cursor": following})

    async def show(self, request: web.Request) -> web.Response:
        item_id = wire.id_in(request)
        return _answer(await self._database.read(lambda c: find(c, item_id)))

    async def replace(self, request: web.Request) -> web.Response:
        item_id, if_match = wire.id_in(request), request.headers.get("If-Match")
        if if_match is None:
            raise Problem(428, "if_match_required")
        body = await wire.read_object(request)
        name, stock = wire.text(body, "name", 1, 200), wire.integer(body, "stock", 0)

        def change(connection: sqlite3.Connection) -> sqlite3.Row:
            item = _find_own(connection, item_id, request[wire.USER])
            if not wire.tag_matches(if_match, item["version"]):
                raise Problem(412, "precondition_failed")
            statement = "UPDATE items SET name = ?, stock = ?, version = version + 1 WHERE id = ?"
            connection.execute(statement, (name, stock, item_id))
            return find(connection, item_id)

        return _answer(await self._database.write(change))

    async def delete(self, request: web.Request) -> web.Response:
        item_id = wire.id_in(request)

        def remove(connection: sqlite3.Connection) -> None:
            _find_own(connection, item_id, request[wire.USER])
            if connection.execute("SELECT 1 FROM orders WHERE item_id = ? LIMIT 1", (item_id,)).fetchone():
                raise Problem(409, "has_orders")
            connection.execute("DELETE FROM items WHERE id = ?", (item_id,))

        await self._database.write(remove)
        return web.Response(status=204)

    async def adjust(self, request: web.Request) -> web.Response:
        item_id = wire.id_in(request)
        delta = wire.integer(await wire.read_object(request), "delta", -wire.MAX_NUMBER)
        if delta == 0:
            raise invalid("delta")

        def change(connection: sqlite3.Connection) -> int:
            stock: int = _find_own(connection, item_id, request[wire.USER])["stock"] + delta
            if stock < 0:
                raise Problem(409, "insufficient_stock")
            if stock > MAX_STOCK:
                raise invalid("delta")
            statement = "UPDATE items SET stock = ?, version = version + 1 WHERE id = ?"
            connection.execute(statement, (stock, item_id))
            return stock

        return web.json_response({"stock": await self._database.write(change)})


def find(connection: sqlite3.Connection, item_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute("SELECT * FROM items WHERE id = ?", (item_id,)).fetchone()
    if row is None:
        raise unknown()
    return row


def _find_own(connection: sqlite3.Connection, item_id: str, user_id: str) -> sqlite3.Row:
    row = find(connection, item_id)
    if row["owner_id"] != user_id:
        raise Problem(403, "not_the_owner")
    return row


def _as_json(row: sqlite3.Row) -> dict[str, Any]:
    return {**dict(row), "created_at": wire.timestamp(row["created_at"])}


def _answer(row: sqlite3.Row, status: int = 200) -> web.Response:
    return web.json_response(_as_json(row), status=status, headers={"ETag": wire.etag(row["version"])})
