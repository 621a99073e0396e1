"""Preconditions: the ETag is the version, every change moves it by one, and PUT needs the present one."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from shop import User, entity, item_path, new_key, new_sku, tag
from takehome_suite.client import Answer
from takehome_suite.outcome import expect, expect_equal, expect_status, require, require_status


def version_of(user: User, item_id: str) -> int:
    """The present version of an item."""
    version = user.sees_item(item_id).get("version")
    require(isinstance(version, int), "an item has no version", observed=version)
    return int(version or 0)


def expect_strong_tag(answer: Answer, doing: str) -> None:
    """The test fails unless the ETag is the version of the body in double quotes."""
    expected = tag(answer.object().get("version"))
    expect_equal(answer.headers.get("etag"), expected, f"The ETag after {doing} (the version in quotes)")


def test_etag_is_the_version_in_quotes(owner: User, rng: random.Random) -> None:
    created = owner.create_item({"sku": new_sku(rng), "name": "Tagged", "stock": 5})
    item = entity(created, 201, "creating an item")
    expect_strong_tag(created, "creating an item")
    for name in ("Changed", "Changed again"):
        put = owner.put_item(item["id"], {"name": name, "stock": 1}, tag(version_of(owner, item["id"])))
        require_status(put, 200, "changing an item")
        expect_strong_tag(put, "changing an item")
        read = owner.get_item(item["id"])
        require_status(read, 200, "reading an item")
        expect_strong_tag(read, "reading an item")


def put_anew(user: User, item: dict[str, Any], _rng: random.Random) -> Answer:
    return user.put_item(item["id"], {"name": "New name", "stock": 9}, "*")


def put_the_same(user: User, item: dict[str, Any], _rng: random.Random) -> Answer:
    return user.put_item(item["id"], {"name": item["name"], "stock": item["stock"]}, "*")


def adjust(user: User, item: dict[str, Any], _rng: random.Random) -> Answer:
    return user.adjust(item["id"], 1)


def order(user: User, item: dict[str, Any], rng: random.Random) -> Answer:
    return user.order(item["id"], 1, new_key(rng))


CHANGES: dict[str, tuple[Callable[[User, dict[str, Any], random.Random], Answer], int, str]] = {
    "put": (put_anew, 200, "a PUT"),
    "put-same": (put_the_same, 200, "a PUT that changes nothing"),
    "adjust": (adjust, 200, "an adjustment"),
    "order": (order, 201, "an order"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_change_moves_the_version_by_one(owner: User, rng: random.Random, change: str) -> None:
    make, status, what = CHANGES[change]
    item = owner.has_item(rng, stock=9)
    for _ in range(2):
        before = version_of(owner, item["id"])
        require_status(make(owner, item, rng), status, what)
        expect_equal(version_of(owner, item["id"]), before + 1, f"The version after {what} (it was {before})")


def test_refused_change_leaves_the_version(owner: User, rng: random.Random) -> None:
    item = owner.has_item(rng, stock=1)
    require_status(owner.put_item(item["id"], {"name": "First", "stock": 1}, "*"), 200, "changing an item")
    before = version_of(owner, item["id"])
    owner.put_item(item["id"], {"name": "Stale", "stock": 1}, tag(before - 1))
    owner.adjust(item["id"], -5)
    owner.order(item["id"], 5, new_key(rng))
    expect_equal(version_of(owner, item["id"]), before, "The version after refused changes")


def test_put_without_if_match_is_428(owner: User, rng: random.Random) -> None:
    item = owner.has_item(rng)
    before = owner.sees_item(item["id"])
    change = {"name": "Unconditional", "stock": 3}
    answer = owner.call("PUT", item_path(item["id"]), change)
    expect_status(answer, 428, "a PUT without If-Match")
    expect_equal(owner.sees_item(item["id"]), before, "The item after a PUT without If-Match")
    control = owner.put_item(item["id"], change, tag(before.get("version")))
    expect_status(control, 200, "the same PUT with If-Match")


def test_stale_if_match_is_412(owner: User, rng: random.Random) -> None:
    item = owner.has_item(rng)
    first = version_of(owner, item["id"])
    require_status(
        owner.put_item(item["id"], {"name": "First", "stock": 1}, tag(first)), 200, "changing an item"
    )
    before = owner.sees_item(item["id"])
    for stale in (tag(first), tag(first + 5000)):
        answer = owner.put_item(item["id"], {"name": "Second", "stock": 2}, stale)
        expect_status(answer, 412, f"a PUT with the stale If-Match {stale}")
    expect_equal(owner.sees_item(item["id"]), before, "The item after stale PUTs")


def test_tag_is_stale_after_an_adjustment_and_an_order(owner: User, rng: random.Random) -> None:
    item = owner.has_item(rng, stock=9)
    for what, change, status in (("an adjustment", adjust, 200), ("an order", order, 201)):
        version = version_of(owner, item["id"])
        require_status(change(owner, item, rng), status, what)
        require(version_of(owner, item["id"]) != version, f"{what} does not move the version")
        answer = owner.put_item(item["id"], {"name": "Late", "stock": 2}, tag(version))
        expect_status(answer, 412, f"a PUT with the If-Match from before {what}")


def test_weak_tag_never_matches(owner: User, rng: random.Random) -> None:
    item = owner.has_item(rng)
    version = version_of(owner, item["id"])
    answer = owner.put_item(item["id"], {"name": "Weak", "stock": 2}, f"W/{tag(version)}")
    expect_status(answer, 412, "a PUT with a weak tag in If-Match")
    expect(version_of(owner, item["id"]) == version, "A PUT with a weak tag changed the item.")
    strong = owner.put_item(item["id"], {"name": "Strong", "stock": 2}, tag(version))
    expect_status(strong, 200, "the same PUT with the strong tag")


def test_star_matches_any_version(owner: User, rng: random.Random) -> None:
    item = owner.has_item(rng)
    for name in ("Once", "Twice"):
        answer = owner.put_item(item["id"], {"name": name, "stock": 2}, "*")
        expect_status(answer, 200, "a PUT with If-Match: *")
        expect_equal(owner.sees_item(item["id"]).get("name"), name, "The name after that PUT")
