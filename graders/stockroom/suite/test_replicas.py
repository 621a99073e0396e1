"""Two instances: what one has answered is visible through the other at once."""

import random

import pytest
from shop import User, new_key, new_sku
from takehome_suite.outcome import expect, expect_equal, expect_status, require, require_status

BOTH = pytest.mark.parametrize("first,second", [(0, 1), (1, 0)], ids=["a-to-b", "b-to-a"])


@BOTH
def test_item_is_visible_through_the_other(owner: User, rng: random.Random, first: int, second: int) -> None:
    item = owner.has_item(rng, stock=5, on=first)
    answer = owner.get_item(item["id"], on=second)
    expect_status(answer, 200, "reading an item through the other replica")
    listed = [other["id"] for other in owner.walks_items(on=second)]
    expect(item["id"] in listed, "A new item should be listed by the other replica, but is not.")
    expect_status(owner.delete_item(item["id"], on=second), 204, "deleting it through the other replica")
    expect_status(
        owner.get_item(item["id"], on=first), 404, "reading it after it was deleted through the other replica"
    )


@BOTH
def test_change_is_visible_through_the_other(
    owner: User, rng: random.Random, first: int, second: int
) -> None:
    item = owner.has_item(rng, stock=5, on=first)
    stock = 5
    for step in range(3):
        here, there = (first, second) if step % 2 == 0 else (second, first)
        # Read before the change as well: a process that keeps what it read would show it again.
        owner.sees_item(item["id"], on=there)
        require_status(owner.adjust(item["id"], 2, on=here), 200, "adjusting the stock")
        stock += 2
        after = owner.sees_item(item["id"], on=here)
        require(after.get("stock") == stock, "adjusting the stock does not change it")
        expect_equal(owner.sees_item(item["id"], on=there), after, "The item through the other replica")


@BOTH
def test_order_is_visible_through_the_other(
    owner: User, stranger: User, rng: random.Random, first: int, second: int
) -> None:
    item = owner.has_item(rng, stock=5, on=first)
    order = stranger.has_order(rng, item, 2, on=first)
    expect_status(
        stranger.get_order(order["id"], on=second), 200, "reading an order through the other replica"
    )
    listed = [other["id"] for other in stranger.walks_orders(on=second)]
    expect(order["id"] in listed, "A new order should be listed by the other replica, but is not.")
    here, there = owner.sees_item(item["id"], on=first), owner.sees_item(item["id"], on=second)
    expect_equal(there, here, "The ordered item through the other replica")


@BOTH
def test_key_is_known_to_the_other(owner: User, rng: random.Random, first: int, second: int) -> None:
    item = owner.has_item(rng, stock=5, on=first)
    key = new_key(rng)
    placed = owner.order(item["id"], 2, key, on=first)
    require_status(placed, 201, "placing an order")
    before = owner.sees_item(item["id"], on=first)
    answer = owner.order(item["id"], 2, key, on=second)
    expect_status(answer, 201, "repeating an order through the other replica")
    expect_equal(answer.object(), placed.object(), "The answer to the repeated order")
    expect_equal(owner.sees_item(item["id"], on=first), before, "The item after that")


@BOTH
def test_sku_is_taken_for_the_other(owner: User, rng: random.Random, first: int, second: int) -> None:
    sku = new_sku(rng)
    owner.has_item(rng, sku=sku, on=first)
    body = {"sku": sku, "name": "Second", "stock": 1}
    expect_status(
        owner.create_item(body, on=second),
        409,
        "creating an item with the same sku through the other replica",
    )
