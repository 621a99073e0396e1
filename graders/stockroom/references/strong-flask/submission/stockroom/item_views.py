"""Items."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from sqlalchemy import Connection, Row, delete, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from stockroom import params
from stockroom.body import AdjustBody, ItemBody, NewItemBody, load, read_json
from stockroom.problems import Problem, bad_request, not_found
from stockroom.services import current_user, services
from stockroom.tables import items, orders

blueprint = Blueprint("items", __name__, url_prefix="/items")

MAX_STOCK = 2**53 - 1
SORTS = {"name": items.c.name, "stock": items.c.stock, "created_at": items.c.created_at}


@blueprint.post("")
def create() -> Any:
    body = load(NewItemBody(), read_json())
    row = {
        "id": params.new_id(),
        "owner_id": current_user(),
        "version": 1,
        "created_at": params.now(),
        **body,
    }
    try:
        with services().database.write() as connection:
            connection.execute(insert(items).values(row))
    except IntegrityError:
        raise Problem(409, "sku_taken") from None
    return row, 201, {"ETag": _etag(1), "Location": f"/items/{row['id']}"}


@blueprint.get("")
def index() -> Any:
    sort = request.args.get("sort", "created_at")
    if sort not in SORTS:
        raise bad_request("sort is not name, stock or created_at")
    column, limit, search = SORTS[sort], params.limit(), params.search()
    scope = f"items by {sort}"
    after = params.read_cursor(scope, int if sort == "stock" else str)
    query = select(items).order_by(column, items.c.id).limit(limit + 1)
    if search:
        query = query.where(items.c.name.icontains(search, autoescape=True))
    if after is not None:
        query = query.where(tuple_(column, items.c.id) > after)
    with services().database.read() as connection:
        rows = connection.execute(query).all()
    page = [as_json(row) for row in rows[:limit]]
    more = len(rows) > limit
    next_cursor = params.encode_cursor(scope, page[-1][sort], page[-1]["id"]) if more else None
    return {"items": page, "next_cursor": next_cursor}


@blueprint.get("/<item_id>")
def show(item_id: str) -> Any:
    with services().database.read() as connection:
        row = find(connection, item_id)
    return as_json(row), 200, {"ETag": _etag(row.version)}


@blueprint.put("/<item_id>")
def replace(item_id: str) -> Any:
    if_match = request.headers.get("If-Match")
    if if_match is None:
        raise Problem(428, "if_match_required")
    body = load(ItemBody(), read_json())
    with services().database.write() as connection:
        row = find_own(connection, item_id)
        if not params.if_match_allows(if_match, row.version):
            raise Problem(412, "precondition_failed")
        change(connection, item_id, name=body["name"], stock=body["stock"])
        row = find(connection, item_id)
    return as_json(row), 200, {"ETag": _etag(row.version)}


@blueprint.delete("/<item_id>")
def remove(item_id: str) -> Any:
    with services().database.write() as connection:
        find_own(connection, item_id)
        if connection.scalar(select(orders.c.id).where(orders.c.item_id == item_id).limit(1)):
            raise Problem(409, "has_orders")
        connection.execute(delete(items).where(items.c.id == item_id))
    return "", 204


@blueprint.post("/<item_id>/adjust")
def adjust(item_id: str) -> Any:
    delta = load(AdjustBody(), read_json())["delta"]
    with services().database.write() as connection:
        stock: int = find_own(connection, item_id).stock + delta
        if stock < 0:
            raise Problem(409, "insufficient_stock")
        if stock > MAX_STOCK:
            raise bad_request("the stock would be too large")
        change(connection, item_id, stock=stock)
    return {"stock": stock}


def find(connection: Connection, item_id: str) -> Row[Any]:
    row = connection.execute(select(items).where(items.c.id == params.known_form(item_id))).first()
    if row is None:
        raise not_found()
    return row


def find_own(connection: Connection, item_id: str) -> Row[Any]:
    row = find(connection, item_id)
    if row.owner_id != current_user():
        raise Problem(403, "not_yours")
    return row


def change(connection: Connection, item_id: str, **values: Any) -> None:
    """Every change of an item is a new version."""
    connection.execute(
        update(items).where(items.c.id == item_id).values(**values, version=items.c.version + 1)
    )


def as_json(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)


def _etag(version: int) -> str:
    return f'"{version}"'
