"""Idempotency, one request at a time: a key places one order, returns it again, and belongs to one user."""

import json
import random
from typing import Any

import pytest
from shapes import expect_error
from shop import REFUSED, User, entity, new_key, new_sku
from takehome_suite.client import Answer
from takehome_suite.outcome import expect, expect_equal, expect_status, require_status
from takehome_suite.pricing import Pricing


def stock_of(user: User, item: dict[str, Any]) -> Any:
    """The present stock of an item; what an order takes from it is the matter of other tests."""
    return user.sees_item(item["id"]).get("stock")


def has_keyed_order(user: User, item: dict[str, Any], quantity: int, key: str) -> dict[str, Any]:
    """An order under the key."""
    return entity(user.order(item["id"], quantity, key), 201, "placing an order")


def test_key_is_needed(owner: User, rng: random.Random) -> None:
    item = owner.has_item(rng, stock=5)
    answer = owner.order(item["id"], 1, None)
    expect_status(answer, REFUSED, "ordering without Idempotency-Key")
    expect_error(answer, "Ordering without Idempotency-Key")
    expect_equal(stock_of(owner, item), 5, "The stock after an order without a key")
    require_status(owner.order(item["id"], 1, new_key(rng)), 201, "ordering with a key")


@pytest.mark.parametrize("kind", ["one", "visible", "longest"])
def test_any_visible_key_works(owner: User, rng: random.Random, kind: str) -> None:
    keys = {
        "one": chr(rng.randrange(0x21, 0x7F)),
        "visible": "".join(chr(code) for code in range(0x21, 0x7F)) + new_key(rng),
        "longest": (new_key(rng) * 8)[:255],
    }
    item = owner.has_item(rng, stock=5)
    first = has_keyed_order(owner, item, 1, new_key(rng))
    answer = owner.order(item["id"], 1, keys[kind])
    expect_status(answer, 201, f"ordering with the key {keys[kind]}")
    again = owner.order(item["id"], 1, keys[kind])
    expect_status(again, 201, "repeating that order")
    expect_equal(again.object().get("id"), answer.object().get("id"), "The id of the repeated order")
    expect(again.object().get("id") != first["id"], "Another key should place another order, but did not.")


def replays(owner: User, item: dict[str, Any], key: str, body: str) -> Answer:
    """The order again, with a body in another spelling."""
    return owner.call("POST", "/orders", raw=body.encode(), headers={"Idempotency-Key": key})


def test_repeating_returns_the_first_order(owner: User, pricing: Pricing, rng: random.Random) -> None:
    sku = new_sku(rng)
    pricing.price(sku, 500)
    item = owner.has_item(rng, sku=sku, stock=9)
    key = new_key(rng)
    first = has_keyed_order(owner, item, 2, key)
    calls, stock = len(pricing.calls(sku)), stock_of(owner, item)
    # Another price and another stock must not show: the first answer is the answer.
    pricing.price(sku, 700)
    for _ in range(2):
        answer = owner.order(item["id"], 2, key)
        expect_status(answer, 201, "repeating an order with its key")
        expect_equal(answer.object(), first, "The answer to the repeated order")
    expect_equal(stock_of(owner, item), stock, "The stock after repeating an order")
    expect_equal(len(pricing.calls(sku)), calls, "The number of calls for a price after repeating")
    placed = [order["id"] for order in owner.walks_orders() if order.get("item_id") == item["id"]]
    expect_equal(placed, [first["id"]], "The orders of the item")


def test_repeating_works_when_nothing_is_left(owner: User, pricing: Pricing, rng: random.Random) -> None:
    sku = new_sku(rng)
    item = owner.has_item(rng, sku=sku, stock=2)
    key = new_key(rng)
    first = has_keyed_order(owner, item, 2, key)
    pricing.status(sku, 503)
    answer = owner.order(item["id"], 2, key)
    expect_status(answer, 201, "repeating an order when the stock is used up and pricing is unavailable")
    expect_equal(answer.object(), first, "The answer to the repeated order")


def test_same_json_in_another_spelling_is_the_same_body(owner: User, rng: random.Random) -> None:
    item = owner.has_item(rng, stock=9)
    key = new_key(rng)
    first = has_keyed_order(owner, item, 2, key)
    escaped = "".join(f"\\u{ord(char):04x}" for char in item["id"])
    for body in (
        f'{{"quantity":2,"item_id":{json.dumps(item["id"])}}}',
        f'{{\n  "item_id" : "{escaped}",\n\t"quantity" : 2 }}\n',
    ):
        answer = replays(owner, item, key, body)
        expect_status(answer, 201, "repeating an order with the same JSON in another spelling")
        expect_equal(answer.object(), first, "The answer to the repeated order")


def test_key_with_another_quantity_is_422(owner: User, rng: random.Random) -> None:
    item = owner.has_item(rng, stock=9)
    key = new_key(rng)
    first = has_keyed_order(owner, item, 2, key)
    stock = stock_of(owner, item)
    answer = owner.order(item["id"], 3, key)
    expect_status(answer, 422, "using a key again with another quantity")
    expect_error(answer, "Using a key again with another quantity")
    expect_equal(stock_of(owner, item), stock, "The stock after using a key with another body")
    expect_equal(owner.order(item["id"], 2, key).object(), first, "The answer to the first body afterwards")


def test_key_with_another_item_is_422(owner: User, rng: random.Random) -> None:
    item, other = owner.has_item(rng, stock=9), owner.has_item(rng, stock=9)
    key = new_key(rng)
    has_keyed_order(owner, item, 2, key)
    expect_status(owner.order(other["id"], 2, key), 422, "using a key again with another item")
    expect_equal(stock_of(owner, other), 9, "The stock of the other item")


def test_unknown_members_are_part_of_the_body(owner: User, rng: random.Random) -> None:
    item = owner.has_item(rng, stock=9)
    key = new_key(rng)
    body = {"item_id": item["id"], "quantity": 1, "note": {"a": [1, None]}}
    first = entity(owner.order_body(body, key), 201, "placing an order with an unknown member")
    same = owner.order_body({"note": {"a": [1, None]}, "quantity": 1, "item_id": item["id"]}, key)
    expect_status(same, 201, "repeating an order with an unknown member")
    expect_equal(same.object(), first, "The answer to the repeated order")
    for note in ({"a": [None, 1]}, None):
        other = owner.order_body({**body, "note": note}, key)
        expect_status(other, 422, "using a key again with another unknown member")


def test_keys_belong_to_a_user(owner: User, stranger: User, rng: random.Random) -> None:
    item = owner.has_item(rng, stock=9)
    key = new_key(rng)
    first = has_keyed_order(owner, item, 2, key)
    same = stranger.order(item["id"], 2, key)
    expect_status(same, 201, "ordering with a key that another user used for the same body")
    expect(
        same.object().get("id") != first["id"],
        "Another user's key should place an order of its own, but returned his.",
    )
    other_key = new_key(rng)
    has_keyed_order(owner, item, 1, other_key)
    other = stranger.order(item["id"], 3, other_key)
    expect_status(other, 201, "ordering with a key that another user used for another body")
    first_id, second_id = same.object().get("id"), other.object().get("id")
    expect(first_id != second_id, "Two keys of the other user should place two orders, but placed one.")


@pytest.mark.parametrize("failure", ["insufficient-stock", "unknown-item", "bad-body"])
def test_failed_request_leaves_the_key_free(owner: User, rng: random.Random, failure: str) -> None:
    item = owner.has_item(rng, stock=5)
    key = new_key(rng)
    failing: dict[str, tuple[Any, Any, tuple[int, ...]]] = {
        "insufficient-stock": (item["id"], 6, (409,)),
        "unknown-item": ("no-such-item", 1, (404,)),
        "bad-body": (item["id"], 0, REFUSED),
    }
    item_id, quantity, statuses = failing[failure]
    require_status(owner.order(item_id, quantity, key), statuses, "an order that fails")
    answer = owner.order(item["id"], 1, key)
    expect_status(answer, 201, f"ordering with the key of a request that failed ({failure})")
    again = owner.order(item["id"], 1, key)
    expect_equal(again.object(), answer.object(), "The answer to the same order again")
