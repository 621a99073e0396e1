"""Orders: prices from the service, exact totals, stock that moves once, nothing saved without a price."""

import random
from typing import Any
from urllib.parse import quote, unquote

import pytest
from shapes import expect_error
from shop import INT_MAX, User, entity, new_key, new_sku
from takehome_suite.client import Answer
from takehome_suite.outcome import expect, expect_equal, expect_status, fail, require, require_status
from takehome_suite.pricing import Pricing


def number(value: Any) -> Any:
    """Money as a number whatever its type, so that its type is charged by one check only."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def has_priced_item(
    user: User, pricing: Pricing, rng: random.Random, price: int, stock: int
) -> dict[str, Any]:
    """A new item with a price of its own."""
    sku = new_sku(rng)
    pricing.price(sku, price)
    return user.has_item(rng, sku=sku, stock=stock)


def test_price_comes_from_the_pricing_service(
    owner: User, stranger: User, pricing: Pricing, rng: random.Random
) -> None:
    price = rng.randrange(200, 9000)
    item = has_priced_item(owner, pricing, rng, price, stock=9)
    for expected in (price, price + 17):
        pricing.price(item["sku"], expected)
        calls = len(pricing.calls(item["sku"]))
        answer = stranger.order(item["id"], 1, new_key(rng))
        expect_status(answer, 201, "placing an order")
        expect_equal(number(answer.object().get("unit_price_cents")), expected, "The unit price")
        expect(
            len(pricing.calls(item["sku"])) > calls,
            "The pricing service should be asked at order time, but was not.",
        )


@pytest.mark.parametrize(
    "stem",
    ["a/b", "what?", "50%25", "#1 + 2&3", "\u00e9\u6771\U0001f4e6", "semi;colon=,"],
    ids=["slash", "question", "percent", "signs", "unicode", "matrix"],
)
def test_sku_is_one_segment_of_the_pricing_path(
    owner: User, pricing: Pricing, rng: random.Random, stem: str
) -> None:
    sku = f"{stem}{new_sku(rng)}"
    price = rng.randrange(10_000, 90_000)
    pricing.price(sku, price)
    item = owner.has_item(rng, sku=sku)
    answer = owner.order(item["id"], 1, new_key(rng))
    expect_status(answer, 201, f"ordering an item with the sku {sku!a}")
    expect_equal(number(answer.object().get("unit_price_cents")), price, f"The unit price of the sku {sku!a}")
    targets = {unquote(call.target.rpartition("/")[2]) for call in pricing.calls(sku)}
    expect_equal(targets, {sku}, f"The last segment of GET /v1/price/{quote(sku, safe='')}, decoded")


@pytest.mark.parametrize(
    "price,quantity",
    [(333, 3), (1, 1), (9_999, 47), (19_99, 100), (INT_MAX, 2), (2**22, INT_MAX)],
    ids=["small", "one", "odd", "hundred", "dear", "largest"],
)
def test_total_is_price_times_quantity(
    owner: User, pricing: Pricing, rng: random.Random, price: int, quantity: int
) -> None:
    item = has_priced_item(owner, pricing, rng, price, stock=quantity)
    answer = owner.order(item["id"], quantity, new_key(rng))
    expect_status(answer, 201, f"ordering {quantity} at {price} cents")
    order = answer.object()
    expect_equal(
        number(order.get("total_cents")), price * quantity, f"The total of {quantity} at {price} cents"
    )
    read = owner.get_order(str(order.get("id"))).object()
    expect_equal(number(read.get("total_cents")), price * quantity, "The total of the order read back")


def test_money_is_integer_cents(owner: User, pricing: Pricing, rng: random.Random) -> None:
    item = has_priced_item(owner, pricing, rng, 1250, stock=9)
    placed = entity(owner.order(item["id"], 2, new_key(rng)), 201, "placing an order")
    read = owner.get_order(placed["id"]).object()
    listed = [("the list", order) for order in owner.walks_orders() if order["id"] == placed["id"]]
    for where, order in (("POST", placed), ("GET", read), *listed):
        for name in ("unit_price_cents", "total_cents"):
            value = order.get(name)
            if isinstance(value, bool) or not isinstance(value, int):
                fail(
                    f"{name} in {where} should be an integer, but is {value!r}.",
                    expected="an integer",
                    observed=value,
                )


def test_order_takes_from_the_stock(owner: User, stranger: User, rng: random.Random) -> None:
    item = owner.has_item(rng, stock=6)
    for quantity, left in ((2, 4), (3, 1), (1, 0)):
        expect_status(stranger.order(item["id"], quantity, new_key(rng)), 201, f"ordering {quantity}")
        expect_equal(owner.sees_item(item["id"]).get("stock"), left, f"The stock after ordering {quantity}")


def expect_insufficient(answer: Answer, doing: str) -> None:
    """The test fails unless the answer says that the stock does not do."""
    expect_status(answer, 409, doing)
    expect_error(answer, doing)
    expect_equal(answer.object().get("error"), "insufficient_stock", f"The member error after {doing}")


def test_more_than_the_stock_is_refused(owner: User, stranger: User, rng: random.Random) -> None:
    item = owner.has_item(rng, stock=2)
    before = owner.sees_item(item["id"])
    listed = len(stranger.walks_orders())
    expect_insufficient(stranger.order(item["id"], 3, new_key(rng)), "ordering 3 of 2")
    expect_equal(owner.sees_item(item["id"]), before, "The item after an order that was refused")
    expect_equal(len(stranger.walks_orders()), listed, "The number of orders after one was refused")
    expect_status(stranger.order(item["id"], 2, new_key(rng)), 201, "ordering 2 of 2")
    expect_insufficient(stranger.order(item["id"], 1, new_key(rng)), "ordering 1 of 0")


def unavailable(pricing: Pricing, sku: str, how: str) -> None:
    """Makes the pricing service answer without a usable price."""
    if how.startswith("status-"):
        pricing.status(sku, int(how.removeprefix("status-")))
    else:
        pricing.body(sku, UNUSABLE[how])


UNUSABLE = {
    "negative": '{"price_cents": -5}',
    "zero": '{"price_cents": 0}',
    "text": '{"price_cents": "500"}',
    "fraction": '{"price_cents": 12.5}',
    "null": '{"price_cents": null}',
    "missing": '{"price": 500}',
    "array": "[500]",
    "no-json": "price_cents=500",
}


@pytest.mark.parametrize("how", ["status-503", "status-500", "status-404", *UNUSABLE])
def test_order_without_a_price_is_503(owner: User, pricing: Pricing, rng: random.Random, how: str) -> None:
    item = has_priced_item(owner, pricing, rng, 500, stock=5)
    owner.has_order(rng, item)
    unavailable(pricing, item["sku"], how)
    answer = owner.order(item["id"], 1, new_key(rng))
    expect_status(answer, 503, f"ordering while pricing gives no price ({how})")
    expect_error(answer, "Ordering while pricing gives no price")


def test_order_without_a_price_saves_nothing(owner: User, pricing: Pricing, rng: random.Random) -> None:
    item = has_priced_item(owner, pricing, rng, 500, stock=5)
    placed = owner.has_order(rng, item)["id"]
    before = owner.sees_item(item["id"])
    key = new_key(rng)
    pricing.status(item["sku"], 503)
    require_status(owner.order(item["id"], 2, key), 503, "ordering while pricing is unavailable")
    expect_equal(owner.sees_item(item["id"]), before, "The item after an order without a price")
    listed = [order["id"] for order in owner.walks_orders() if order.get("item_id") == item["id"]]
    expect_equal(listed, [placed], "The orders of the item after an order without a price")
    pricing.price(item["sku"], 600)
    again = owner.order(item["id"], 1, key)
    expect_status(again, 201, "ordering with the same key and another body after the failure")
    expect_equal(owner.sees_item(item["id"]).get("stock"), 3, "The stock after that order")


def test_other_operations_do_not_need_pricing(owner: User, pricing: Pricing, rng: random.Random) -> None:
    item = has_priced_item(owner, pricing, rng, 500, stock=5)
    order = owner.has_order(rng, item)
    pricing.status(item["sku"], 503)
    require(owner.order(item["id"], 1, new_key(rng)).status == 503, "an order without a price is not refused")
    expect_status(owner.adjust(item["id"], 1), 200, "adjusting the stock while pricing is unavailable")
    expect_status(owner.get_order(order["id"]), 200, "reading an order while pricing is unavailable")
    expect_status(owner.list_orders(), 200, "listing orders while pricing is unavailable")
