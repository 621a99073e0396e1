"""Items: skus, the shared catalogue, deleting, stock, and what holds after any sequence of operations."""

import random

import pytest
from shop import User, new_sku
from takehome_suite.outcome import expect, expect_equal, expect_status, require_status


def test_owner_cannot_use_a_sku_twice(owner: User, rng: random.Random) -> None:
    item = owner.has_item(rng)
    answer = owner.create_item({"sku": item["sku"], "name": "Second", "stock": 1})
    expect_status(answer, 409, "creating a second item with the same sku")
    same = [listed["id"] for listed in owner.walks_items() if listed.get("sku") == item["sku"]]
    expect_equal(same, [item["id"]], "The items with that sku")


def test_two_owners_can_use_one_sku(owner: User, stranger: User, rng: random.Random) -> None:
    item = owner.has_item(rng)
    answer = stranger.create_item({"sku": item["sku"], "name": "Mine", "stock": 1})
    expect_status(answer, 201, "creating an item with a sku that another owner uses")


def test_sku_is_free_again_after_deleting(owner: User, rng: random.Random) -> None:
    item = owner.has_item(rng)
    require_status(owner.delete_item(item["id"]), 204, "deleting an item")
    answer = owner.create_item({"sku": item["sku"], "name": "Again", "stock": 1})
    expect_status(answer, 201, "creating an item with the sku of a deleted one")


def test_skus_that_differ_in_a_code_point_are_different(owner: User, rng: random.Random) -> None:
    stem = new_sku(rng)
    owner.has_item(rng, sku=f"{stem}-a\u00e9")
    for sku in (f"{stem}-A\u00e9", f"{stem}-ae\u0301", f"{stem}-a\u00e9 "):
        answer = owner.create_item({"sku": sku, "name": "Near", "stock": 1})
        expect_status(answer, 201, f"creating an item with the sku {sku!a} beside {stem + '-a' + chr(233)!a}")
        expect_equal(answer.object().get("sku"), sku, "The sku")


def test_items_of_all_users_are_listed(owner: User, stranger: User, rng: random.Random) -> None:
    own, foreign = owner.has_item(rng)["id"], stranger.has_item(rng)["id"]
    listed = [item["id"] for item in owner.walks_items()]
    require_status(owner.get_item(own), 200, "reading an item")
    expect(own in listed, "The list of items should show the own item, but does not.")
    expect(
        foreign in listed, "The list of items should show all users' items, but another user's is missing."
    )


def test_deleted_item_is_gone(owner: User, rng: random.Random) -> None:
    item = owner.has_item(rng)
    expect_status(owner.delete_item(item["id"]), 204, "deleting an item")
    expect_status(owner.get_item(item["id"]), 404, "reading a deleted item")
    expect_status(owner.delete_item(item["id"]), 404, "deleting an item again")
    expect_status(owner.adjust(item["id"], 1), 404, "adjusting a deleted item")
    listed = [listed["id"] for listed in owner.walks_items()]
    expect(item["id"] not in listed, "A deleted item should not be listed, but is.")


def test_item_with_orders_cannot_be_deleted(owner: User, stranger: User, rng: random.Random) -> None:
    item = owner.has_item(rng)
    order = stranger.has_order(rng, item)
    answer = owner.delete_item(item["id"])
    expect_status(answer, 409, "deleting an item that has orders")
    expect_status(owner.get_item(item["id"]), 200, "reading an item that has orders")
    expect_status(
        stranger.get_order(order["id"]), 200, "reading the order after its item could not be deleted"
    )


@pytest.mark.parametrize("deltas", [(4, -3, 1), (-5, 7, -7)], ids=["up", "to-zero"])
def test_adjust_adds_and_takes(owner: User, rng: random.Random, deltas: tuple[int, ...]) -> None:
    stock = 5
    item = owner.has_item(rng, stock=stock)
    for delta in deltas:
        answer = owner.adjust(item["id"], delta)
        stock += delta
        expect_status(answer, 200, f"adjusting the stock by {delta}")
        expect_equal(answer.object().get("stock"), stock, f"The stock after adjusting by {delta}")
        expect_equal(
            owner.sees_item(item["id"]).get("stock"), stock, f"The item's stock after adjusting by {delta}"
        )


def test_stock_never_goes_below_zero(owner: User, rng: random.Random) -> None:
    item = owner.has_item(rng, stock=3)
    require_status(owner.adjust(item["id"], -1), 200, "adjusting the stock")
    before = owner.sees_item(item["id"])
    expect_status(owner.adjust(item["id"], -3), 409, "taking 3 from a stock of 2")
    expect_equal(owner.sees_item(item["id"]), before, "The item after a refused adjustment")
    expect_status(owner.adjust(item["id"], -2), 200, "taking 2 from a stock of 2")
