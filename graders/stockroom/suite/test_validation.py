"""Validation: what the brief bounds is refused outside the bounds, works at them, and leaves no trace."""

import random
from typing import Any

import pytest
from shapes import expect_error
from shop import INT_MAX, REFUSED, Shop, User, members, new_email, new_key, new_password, new_sku, tag
from takehome_suite.client import Answer
from takehome_suite.outcome import expect_equal, expect_status, require_status

ABSENT = object()


def altered(body: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    """The body with one member changed or left out."""
    rest = {other: kept for other, kept in body.items() if other != name}
    return rest if value is ABSENT else {**rest, name: value}


def expect_refused(answer: Answer, doing: str) -> None:
    """The test fails unless the answer is a refusal of bad input."""
    expect_status(answer, REFUSED, doing)
    expect_error(answer, doing)


BAD_REGISTRATIONS: dict[str, tuple[str, Any]] = {
    "password-of-9": ("password", "ninechars"),
    "empty-password": ("password", ""),
    "no-password": ("password", ABSENT),
    "password-null": ("password", None),
    "empty-email": ("email", ""),
    "email-without-at": ("email", "name.example.com"),
    "no-email": ("email", ABSENT),
    "email-null": ("email", None),
}


@pytest.mark.parametrize("case", BAD_REGISTRATIONS)
def test_bad_registration_is_refused(shop: Shop, owner: User, rng: random.Random, case: str) -> None:
    owner.token()
    name, value = BAD_REGISTRATIONS[case]
    body = {"email": new_email(rng), "password": new_password(rng)}
    answer = shop.call("POST", "/auth/register", altered(body, name, value))
    expect_refused(answer, f"registering with {case.replace('-', ' ')}")


def test_password_of_10_characters_and_long_email_work(shop: Shop, rng: random.Random) -> None:
    email = f"{'x' * 40}.{new_email(rng)}"
    answer = shop.call("POST", "/auth/register", {"email": email, "password": new_password(rng)[-10:]})
    expect_status(answer, 201, "registering with a password of 10 characters and a long email")


@pytest.mark.parametrize("name", ["email", "password"])
def test_login_without_a_member_is_refused(shop: Shop, owner: User, name: str) -> None:
    owner.token()
    credentials = {"email": owner.email, "password": owner.password}
    answer = shop.call("POST", "/auth/token", altered(credentials, name, ABSENT))
    # An absent member may also be taken for one that is not right.
    expect_status(answer, (*REFUSED, 401), f"logging in without {name}")


BAD_ITEMS: dict[str, tuple[str, Any]] = {
    "empty-sku": ("sku", ""),
    "sku-of-65": ("sku", "s" * 65),
    "no-sku": ("sku", ABSENT),
    "sku-null": ("sku", None),
    "empty-name": ("name", ""),
    "name-of-201": ("name", "n" * 201),
    "no-name": ("name", ABSENT),
    "name-null": ("name", None),
    "negative-stock": ("stock", -1),
    "no-stock": ("stock", ABSENT),
    "stock-null": ("stock", None),
}


@pytest.mark.parametrize("case", BAD_ITEMS)
def test_bad_item_is_refused(owner: User, rng: random.Random, case: str) -> None:
    name, value = BAD_ITEMS[case]
    body = {"sku": new_sku(rng), "name": f"Refused {new_key(rng)}", "stock": 3}
    answer = owner.create_item(altered(body, name, value))
    # The same body without the mistake works, so the mistake was the reason.
    require_status(owner.create_item(body), 201, "creating an item")
    expect_refused(answer, f"creating an item with {case.replace('-', ' ')}")


@pytest.mark.parametrize("case", [case for case in BAD_ITEMS if "sku" not in case])
def test_bad_change_is_refused(owner: User, rng: random.Random, case: str) -> None:
    item = owner.has_item(rng)
    before = owner.sees_item(item["id"])
    name, value = BAD_ITEMS[case]
    body = {"name": "Changed", "stock": 3}
    answer = owner.put_item(item["id"], altered(body, name, value), tag(before.get("version")))
    expect_equal(owner.sees_item(item["id"]), before, "The item after a refused change")
    require_status(owner.put_item(item["id"], body, tag(before.get("version"))), 200, "changing an item")
    expect_refused(answer, f"changing an item with {case.replace('-', ' ')}")


def test_refused_items_leave_no_trace(owner: User, rng: random.Random) -> None:
    mark = new_sku(rng)
    good = owner.create_item({"sku": mark + "-good", "name": "Good", "stock": 0})
    require_status(good, 201, "creating an item")
    for number, case in enumerate(BAD_ITEMS):
        name, value = BAD_ITEMS[case]
        if name != "sku":
            owner.create_item(altered({"sku": f"{mark}-{number}", "name": "Bad", "stock": 1}, name, value))
    left = [item.get("sku") for item in owner.walks_items() if str(item.get("sku")).startswith(mark)]
    expect_equal(left, [mark + "-good"], "The skus in the list after refused creations")


@pytest.mark.parametrize(
    "sku,name,stock",
    [("s" * 30, "n", 0), ("\u00e9" * 30, "\U0001f4e6" * 200, 1), ("-" * 30, "n" * 200, INT_MAX)],
    ids=["shortest", "code-points", "largest"],
)
def test_item_at_the_bounds_works(owner: User, rng: random.Random, sku: str, name: str, stock: int) -> None:
    sku = (sku + new_key(rng) + "xx")[:64]
    expect_equal(len(sku), 64, "The length of the test's own sku")
    body = {"sku": sku, "name": name, "stock": stock}
    answer = owner.create_item(body)
    expect_status(answer, 201, "creating an item at the bounds")
    expect_equal(members(answer.object(), body), body, "The item at the bounds")
    read = owner.get_item(str(answer.object().get("id")))
    expect_equal(members(read.object(), body), body, "The item at the bounds, read back")


def test_sku_of_one_character_works(stranger: User, rng: random.Random) -> None:
    sku = chr(rng.randrange(0x4E00, 0x9FA5))
    answer = stranger.create_item({"sku": sku, "name": "One", "stock": 1})
    expect_status(answer, 201, "creating an item with a sku of one character")


NAMES = {
    "spaces-around": "  two before and one after ",
    "only-a-space": " ",
    "markup": "<b>&amp; bold</b> \\ {{7*7}} ${HOME}",
    "combining": "e\u0301 is not \u00e9",
    "line-break": "one\ntwo\tthree\u2028four",
    "emoji": "\U0001f469\u200d\U0001f52c \u202eright",
}


@pytest.mark.parametrize("case", NAMES)
def test_name_is_taken_as_sent(owner: User, rng: random.Random, case: str) -> None:
    name = NAMES[case]
    answer = owner.create_item({"sku": new_sku(rng), "name": name, "stock": 1})
    expect_status(answer, 201, f"creating an item with the name {name!a}")
    expect_equal(owner.sees_item(str(answer.object().get("id"))).get("name"), name, "The name")


BAD_DELTAS: dict[str, Any] = {"zero": 0, "missing": ABSENT, "null": None}


@pytest.mark.parametrize("case", BAD_DELTAS)
def test_bad_delta_is_refused(owner: User, rng: random.Random, case: str) -> None:
    item = owner.has_item(rng, stock=5)
    before = owner.sees_item(item["id"])
    body = altered({"delta": 1}, "delta", BAD_DELTAS[case])
    answer = owner.call("POST", f"/items/{item['id']}/adjust", body)
    expect_equal(owner.sees_item(item["id"]), before, "The item after a refused adjustment")
    require_status(owner.adjust(item["id"], 1), 200, "adjusting the stock")
    expect_refused(answer, f"adjusting with the delta {case}")


BAD_ORDERS: dict[str, tuple[str, Any]] = {
    "quantity-0": ("quantity", 0),
    "negative-quantity": ("quantity", -2),
    "no-quantity": ("quantity", ABSENT),
    "quantity-null": ("quantity", None),
    "no-item": ("item_id", ABSENT),
    "item-null": ("item_id", None),
}


@pytest.mark.parametrize("case", BAD_ORDERS)
def test_bad_order_is_refused(owner: User, rng: random.Random, case: str) -> None:
    item = owner.has_item(rng, stock=5)
    before = owner.sees_item(item["id"])
    name, value = BAD_ORDERS[case]
    body = {"item_id": item["id"], "quantity": 1}
    answer = owner.order_body(altered(body, name, value), new_key(rng))
    expect_equal(owner.sees_item(item["id"]), before, "The item after a refused order")
    require_status(owner.order_body(body, new_key(rng)), 201, "placing an order")
    expect_refused(answer, f"ordering with {case.replace('-', ' ')}")


def test_unknown_members_are_ignored(shop: Shop, owner: User, rng: random.Random) -> None:
    extra = {"colour": "red", "tags": ["a", {"b": None}], "": 0}
    created = owner.create_item({"sku": new_sku(rng), "name": "Extra", "stock": 5, **extra})
    expect_status(created, 201, "creating an item with unknown members")
    item_id = str(created.object().get("id"))
    put = owner.put_item(item_id, {"name": "Extra", "stock": 5, **extra}, "*")
    expect_status(put, 200, "changing an item with unknown members")
    adjusted = owner.call("POST", f"/items/{item_id}/adjust", {"delta": 1, **extra})
    expect_status(adjusted, 200, "adjusting with unknown members")
    ordered = owner.order_body({"item_id": item_id, "quantity": 1, **extra}, new_key(rng))
    expect_status(ordered, 201, "ordering with unknown members")
    login = shop.call("POST", "/auth/token", {"email": owner.email, "password": owner.password, **extra})
    expect_status(login, 200, "logging in with unknown members")


def test_unknown_parameters_are_ignored(owner: User) -> None:
    require_status(owner.list_items(), 200, "listing items")
    expect_status(owner.list_items(page=3, colour="red"), 200, "listing items with unknown parameters")
    expect_status(owner.list_orders(page=3, sort="x"), 200, "listing orders with unknown parameters")


def test_large_body_works(owner: User, rng: random.Random) -> None:
    body = {"sku": new_sku(rng), "name": "Large", "stock": 1, "note": "n" * 64_000}
    expect_status(owner.create_item(body), 201, "creating an item with a body of nearly 64 KiB")


def test_nested_body_works(owner: User, rng: random.Random) -> None:
    nested: Any = 1
    for _ in range(48):
        nested = [nested]
    body = {"sku": new_sku(rng), "name": "Nested", "stock": 1, "note": nested}
    expect_status(owner.create_item(body), 201, "creating an item with a body of 49 levels")
