"""Authorization: a valid token of another user neither changes an item nor shows an order."""

import random

from shop import NOT_OWNER, User, tag
from takehome_suite.client import Answer
from takehome_suite.outcome import Partial, expect, expect_equal, fail, require_status


def expect_forbidden(answer: Answer, doing: str, allowed: tuple[int, ...] = NOT_OWNER) -> None:
    """The test fails when the stranger was let through; another refusal than the contract's counts half."""
    statuses = " or ".join(str(status) for status in allowed)
    if 200 <= answer.status < 300:
        fail(f"{doing} should be answered with {statuses}, but was let through with {answer.status}.")
    if answer.status not in allowed:
        raise Partial(f"{doing} is refused, but with {answer.status} instead of {statuses}.")


def test_stranger_cannot_put_an_item(owner: User, stranger: User, rng: random.Random) -> None:
    item = owner.has_item(rng)
    before = owner.sees_item(item["id"])
    matching = stranger.put_item(item["id"], {"name": "Taken over", "stock": 77}, tag(before.get("version")))
    any_version = stranger.put_item(item["id"], {"name": "Taken over", "stock": 78}, "*")
    after = owner.sees_item(item["id"])
    expect_equal(after, before, "The item after another user tried to change it")
    expect_forbidden(matching, "Changing another user's item")
    expect_forbidden(any_version, "Changing another user's item with If-Match: *")
    control = owner.put_item(item["id"], {"name": "Own", "stock": 1}, tag(before.get("version")))
    require_status(control, 200, "changing an own item")


def test_stranger_cannot_adjust_an_item(owner: User, stranger: User, rng: random.Random) -> None:
    item = owner.has_item(rng, stock=5)
    before = owner.sees_item(item["id"])
    answers = [stranger.adjust(item["id"], delta) for delta in (-1, 2)]
    expect_equal(owner.sees_item(item["id"]), before, "The item after another user tried to adjust its stock")
    for answer in answers:
        expect_forbidden(answer, "Adjusting the stock of another user's item")
    require_status(owner.adjust(item["id"], 1), 200, "adjusting an own item")


def test_stranger_cannot_delete_an_item(owner: User, stranger: User, rng: random.Random) -> None:
    item = owner.has_item(rng)
    answer = stranger.delete_item(item["id"])
    still = owner.get_item(item["id"])
    expect(still.status != 404, "Another user's item should not be deletable, but it is gone.")
    require_status(still, 200, "reading an item")
    expect_forbidden(answer, "Deleting another user's item")
    require_status(owner.delete_item(item["id"]), 204, "deleting an own item")


def test_stranger_cannot_read_an_order(owner: User, stranger: User, rng: random.Random) -> None:
    order = owner.has_order(rng, owner.has_item(rng))
    owner.sees_order(order["id"])
    expect_forbidden(stranger.get_order(order["id"]), "Reading another user's order", (404,))


def test_seller_cannot_read_the_order_of_a_buyer(owner: User, stranger: User, rng: random.Random) -> None:
    order = stranger.has_order(rng, owner.has_item(rng))
    stranger.sees_order(order["id"])
    expect_forbidden(owner.get_order(order["id"]), "Reading a buyer's order as the seller", (404,))


def test_orders_of_others_are_not_listed(owner: User, stranger: User, rng: random.Random) -> None:
    item = owner.has_item(rng, stock=9)
    own, foreign = owner.has_order(rng, item)["id"], stranger.has_order(rng, item)["id"]
    listed = [order["id"] for order in owner.walks_orders()]
    expect(foreign not in listed, "The list of orders should show own orders only, but shows another user's.")
    expect(own in listed, "The list of orders should show the own order, but does not.")
