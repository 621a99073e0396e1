"""Orders over HTTP."""

from __future__ import annotations

import hashlib

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from app import orders
from app.clock import new_id
from app.errors import ApiError
from app.inputs import NewOrder, checked, checked_id, idempotency_key, limit_param
from app.jsonvalue import canonical, parse_object
from app.pricing import PricingUnavailable
from app.services import Shared, UserId

router = APIRouter(prefix="/orders")


@router.post("")
async def create(request: Request, shared: Shared, user_id: UserId) -> JSONResponse:
    key = idempotency_key(request)
    value = parse_object(await request.body())
    body = checked(NewOrder, value)
    wanted = orders.OrderRequest(
        user_id=user_id,
        key=key,
        body_digest=hashlib.sha256(canonical(value).encode()).hexdigest(),
        item_id=checked_id(body.item_id),
        quantity=body.quantity,
        claim=new_id(),
    )
    begun = await shared.database.write(orders.begin, wanted)
    if isinstance(begun, dict):
        return JSONResponse(begun, 201)
    try:
        price = await shared.pricing.price_cents(begun)
        order = await shared.database.write(orders.confirm, wanted, price)
    except PricingUnavailable:
        await shared.database.write(orders.release, wanted)
        raise ApiError(503, "pricing_unavailable") from None
    except BaseException:
        await shared.database.write(orders.release, wanted)
        raise
    return JSONResponse(order, 201, headers={"Location": f"/orders/{order['id']}"})


@router.get("")
async def index(request: Request, shared: Shared, user_id: UserId) -> JSONResponse:
    cursor = request.query_params.get("cursor")
    page = await shared.database.read(orders.list_orders, user_id, cursor, limit_param(request))
    return JSONResponse(page)


@router.get("/{order_id}")
async def show(order_id: str, shared: Shared, user_id: UserId) -> JSONResponse:
    return JSONResponse(await shared.database.read(orders.show_order, checked_id(order_id), user_id))
