"""Orders. The price is asked between two short transactions; nothing is held meanwhile."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from sqlalchemy import Connection, Row, Select, insert, select, tuple_, update

from stockroom import idempotency, params
from stockroom.body import OrderBody, fingerprint, load, read_json
from stockroom.item_views import find
from stockroom.pricing import NoPrice
from stockroom.problems import Problem, bad_request, not_found
from stockroom.services import current_user, services
from stockroom.tables import items, orders

blueprint = Blueprint("orders", __name__, url_prefix="/orders")

MAX_TOTAL = 2**53 - 1
_SCOPE = "orders"


@blueprint.post("")
def create() -> Any:
    key = params.idempotency_key()
    value = read_json()
    body = load(OrderBody(), value)
    database = services().database
    with database.write() as connection:
        begun = idempotency.begin(connection, current_user(), key, fingerprint(value))
        if isinstance(begun, dict):
            return begun, 201
        sku = find(connection, body["item_id"]).sku
    try:
        price = services().prices.cents(sku)
        with database.write() as connection:
            order = _place(connection, body["item_id"], body["quantity"], price)
            idempotency.settle(connection, begun, order)
    except NoPrice:
        _release(begun)
        raise Problem(503, "pricing_unavailable") from None
    except Exception:
        _release(begun)
        raise
    return order, 201, {"Location": f"/orders/{order['id']}"}


def _release(lease: idempotency.Lease) -> None:
    with services().database.write() as connection:
        idempotency.release(connection, lease)


def _place(connection: Connection, item_id: str, quantity: int, price: int) -> dict[str, Any]:
    if quantity * price > MAX_TOTAL:
        raise bad_request("the total would be too large")
    taken = connection.execute(
        update(items)
        .where(items.c.id == item_id, items.c.stock >= quantity)
        .values(stock=items.c.stock - quantity, version=items.c.version + 1)
    )
    if taken.rowcount == 0:
        find(connection, item_id)
        raise Problem(409, "insufficient_stock")
    order = {
        "id": params.new_id(),
        "item_id": item_id,
        "quantity": quantity,
        "unit_price_cents": price,
        "total_cents": quantity * price,
        "status": "confirmed",
        "created_at": params.now(),
    }
    connection.execute(insert(orders).values(user_id=current_user(), **order))
    return order


@blueprint.get("")
def index() -> Any:
    limit = params.limit()
    after = params.read_cursor(_SCOPE, str)
    query = _own_orders().order_by(orders.c.created_at, orders.c.id).limit(limit + 1)
    if after is not None:
        query = query.where(tuple_(orders.c.created_at, orders.c.id) > after)
    with services().database.read() as connection:
        rows = connection.execute(query).all()
    page = [_as_json(row) for row in rows[:limit]]
    more = len(rows) > limit
    next_cursor = params.encode_cursor(_SCOPE, page[-1]["created_at"], page[-1]["id"]) if more else None
    return {"items": page, "next_cursor": next_cursor}


@blueprint.get("/<order_id>")
def show(order_id: str) -> Any:
    wanted = params.known_form(order_id)
    with services().database.read() as connection:
        row = connection.execute(_own_orders().where(orders.c.id == wanted)).first()
    if row is None:
        raise not_found()
    return _as_json(row)


def _own_orders() -> Select[Any]:
    """Joined with their items, whose present names are shown."""
    joined = orders.join(items, items.c.id == orders.c.item_id)
    columns = (orders, items.c.sku.label("item_sku"), items.c.name.label("item_name"))
    return select(*columns).select_from(joined).where(orders.c.user_id == current_user())


def _as_json(row: Row[Any]) -> dict[str, Any]:
    order = {column.name: row._mapping[column.name] for column in orders.columns if column.name != "user_id"}
    return {**order, "item": {"id": row.item_id, "sku": row.item_sku, "name": row.item_name}}
