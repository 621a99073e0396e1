"""Items."""

from __future__ import annotations

from django.db import IntegrityError
from django.db.models import F
from django.http import HttpRequest, HttpResponse, JsonResponse

from shop import items, values
from shop.errors import ApiError, invalid
from shop.middleware import user_id
from shop.models import Item, Order
from shop.paging import page
from shop.transactions import writing

SORTS = ("name", "stock", "created_at")
MAX_SEARCH = 1000
MAX_STOCK = 2**53 - 1


def index(request: HttpRequest) -> JsonResponse:
    sort = request.GET.get("sort", "created_at")
    if sort not in SORTS:
        raise invalid("sort")
    search = request.GET.get("q", "")
    if len(search) > MAX_SEARCH or "\0" in search:
        raise invalid("q")
    rows = Item.objects.filter(name__icontains=search) if search else Item.objects.all()
    shown, next_cursor = page(request, rows, sort)
    return JsonResponse({"items": [item.as_json() for item in shown], "next_cursor": next_cursor})


def create(request: HttpRequest) -> JsonResponse:
    body = values.json_object(request)
    item = Item(
        owner_id=user_id(request),
        sku=values.text(body, "sku", 1, 64),
        name=values.text(body, "name", 1, 200),
        stock=values.integer(body, "stock", 0),
    )
    try:
        with writing():
            item.save(force_insert=True)
    except IntegrityError:
        raise ApiError(409, "sku_taken") from None
    response = _with_etag(item, 201)
    response.headers["Location"] = f"/items/{item.id}"
    return response


def show(request: HttpRequest, item_id: str) -> JsonResponse:
    return _with_etag(items.find(item_id))


def replace(request: HttpRequest, item_id: str) -> JsonResponse:
    items.find_own(item_id, user_id(request))
    body = values.json_object(request)
    name, stock = values.text(body, "name", 1, 200), values.integer(body, "stock", 0)
    if_match = request.headers.get("If-Match")
    if if_match is None:
        raise ApiError(428, "if_match_required")
    with writing():
        item = items.find_own(item_id, user_id(request))
        if not items.version_matches(if_match, item):
            raise ApiError(412, "precondition_failed")
        item.name, item.stock, item.version = name, stock, item.version + 1
        item.save(force_update=True)
    return _with_etag(item)


def remove(request: HttpRequest, item_id: str) -> HttpResponse:
    with writing():
        item = items.find_own(item_id, user_id(request))
        if Order.objects.filter(item=item).exists():
            raise ApiError(409, "has_orders")
        item.delete()
    return HttpResponse(status=204)


def adjust(request: HttpRequest, item_id: str) -> JsonResponse:
    delta = values.integer(values.json_object(request), "delta", -values.MAX_NUMBER)
    if delta == 0:
        raise invalid("delta")
    with writing():
        stock = items.find_own(item_id, user_id(request)).stock + delta
        if stock < 0:
            raise ApiError(409, "insufficient_stock")
        if stock > MAX_STOCK:
            raise invalid("delta")
        Item.objects.filter(pk=item_id).update(stock=stock, version=F("version") + 1)
    return JsonResponse({"stock": stock})


def _with_etag(item: Item, status: int = 200) -> JsonResponse:
    return JsonResponse(item.as_json(), status=status, headers={"ETag": items.etag(item)})
