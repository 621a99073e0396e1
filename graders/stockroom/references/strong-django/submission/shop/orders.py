"""Placing an order: claim the key, ask the price, then stock, order and key in one transaction.

A claim lasts longer than an order can take. One that a killed process left behind is taken over when it has run out, and
whoever no longer holds the claim cannot commit.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.db.models import F

from shop import items
from shop.errors import ApiError, invalid
from shop.models import Item, Order, OrderKey, new_id
from shop.pricing import PriceUnavailable, price_cents
from shop.transactions import writing

CLAIM_SECONDS = 10.0
# For waiting and pricing together; an order is answered within 8 s.
TOTAL_SECONDS = 6.5
# A repeat of a key in progress waits this long for the first one's result.
WAIT_SECONDS = 3.0
POLL_SECONDS = 0.05
MAX_TOTAL = 2**53 - 1


@dataclass(frozen=True)
class Wanted:
    user_id: str
    key: str
    body_digest: str
    item_id: str
    quantity: int


def place(wanted: Wanted) -> Order:
    """The new order, or for a repeated key the first one."""
    started = time.monotonic()
    begun = _claim(wanted)
    while begun is None:
        if time.monotonic() - started > WAIT_SECONDS:
            raise ApiError(409, "in_progress")
        time.sleep(POLL_SECONDS)
        begun = _claim(wanted)
    if isinstance(begun, Order):
        return begun
    claim, sku = begun
    try:
        price = price_cents(sku, TOTAL_SECONDS - (time.monotonic() - started))
        return _confirm(wanted, claim, price)
    except PriceUnavailable:
        _release(wanted, claim)
        raise ApiError(503, "pricing_unavailable") from None
    except Exception:
        _release(wanted, claim)
        raise


def _claim(wanted: Wanted) -> Order | tuple[str, str] | None:
    """The stored order; or a claim and the sku to be priced; or None while another request has the key."""
    with writing():
        held = OrderKey.objects.filter(user_id=wanted.user_id, key=wanted.key).select_related("order").first()
        if held is not None and held.order is not None:
            if held.body_digest != wanted.body_digest:
                raise ApiError(422, "idempotency_key_reused")
            return held.order
        if held is not None and held.claimed_until > time.time():
            return None
        item = items.find(wanted.item_id)
        if item.stock < wanted.quantity:
            raise ApiError(409, "insufficient_stock")
        claim = new_id()
        OrderKey.objects.update_or_create(
            user_id=wanted.user_id,
            key=wanted.key,
            defaults={
                "body_digest": wanted.body_digest,
                "claim": claim,
                "claimed_until": time.time() + CLAIM_SECONDS,
            },
        )
        return claim, item.sku


def _confirm(wanted: Wanted, claim: str, price: int) -> Order:
    total = wanted.quantity * price
    if total > MAX_TOTAL:
        raise invalid("quantity")
    with writing():
        taken = Item.objects.filter(pk=wanted.item_id, stock__gte=wanted.quantity).update(
            stock=F("stock") - wanted.quantity, version=F("version") + 1
        )
        if not taken:
            items.find(wanted.item_id)
            raise ApiError(409, "insufficient_stock")
        order = Order.objects.create(
            user_id=wanted.user_id,
            item_id=wanted.item_id,
            quantity=wanted.quantity,
            unit_price_cents=price,
            total_cents=total,
        )
        settled = OrderKey.objects.filter(
            user_id=wanted.user_id, key=wanted.key, claim=claim, order=None
        ).update(order=order)
        if not settled:
            raise ApiError(409, "in_progress")
    return order


def _release(wanted: Wanted, claim: str) -> None:
    with writing():
        OrderKey.objects.filter(user_id=wanted.user_id, key=wanted.key, claim=claim, order=None).delete()
