"""Orders."""

from __future__ import annotations

import re

from django.http import HttpRequest, JsonResponse

from shop import items, orders, values
from shop.errors import invalid, not_found
from shop.middleware import user_id
from shop.models import Order
from shop.paging import page

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def create(request: HttpRequest) -> JsonResponse:
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        raise invalid("Idempotency-Key")
    body = values.json_object(request)
    item_id = body.get("item_id")
    if not isinstance(item_id, str):
        raise invalid("item_id")
    wanted = orders.Wanted(
        user_id=user_id(request),
        key=key,
        body_digest=values.digest(body),
        item_id=item_id,
        quantity=values.integer(body, "quantity", 1),
    )
    order = orders.place(wanted)
    return JsonResponse(order.as_json(), status=201, headers={"Location": f"/orders/{order.id}"})


def index(request: HttpRequest) -> JsonResponse:
    rows = Order.objects.filter(user_id=user_id(request)).select_related("item")
    shown, next_cursor = page(request, rows, "created_at")
    return JsonResponse({"items": [order.with_item() for order in shown], "next_cursor": next_cursor})


def show(request: HttpRequest, order_id: str) -> JsonResponse:
    own = Order.objects.filter(user_id=user_id(request)).select_related("item")
    order = own.filter(pk=order_id).first() if items.has_id_form(order_id) else None
    if order is None:
        raise not_found()
    return JsonResponse(order.with_item())
