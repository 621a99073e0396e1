from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import User


def test_an_order_takes_stock_and_increases_the_version(user: User, other: User) -> None:
    item = user.item(stock=5)
    answer = other.order(item, 2)
    assert answer.status_code == 201
    order = answer.json()
    assert order["status"] == "confirmed"
    assert order["total_cents"] == 2 * order["unit_price_cents"]
    after = user.call("GET", f"/items/{item['id']}").json()
    assert (after["stock"], after["version"]) == (3, item["version"] + 1)


def test_orders_are_private_and_carry_the_present_name(user: User, other: User) -> None:
    item = user.item()
    order = other.order(item).json()
    renamed = {"name": "Renamed", "stock": 9}
    user.call("PUT", f"/items/{item['id']}", json=renamed, headers={"If-Match": "*"})
    shown = other.call("GET", f"/orders/{order['id']}").json()
    assert shown["item"] == {"id": item["id"], "sku": item["sku"], "name": "Renamed"}
    assert user.call("GET", f"/orders/{order['id']}").status_code == 404
    assert [entry["id"] for entry in other.call("GET", "/orders").json()["items"]] == [order["id"]]
    assert user.call("DELETE", f"/items/{item['id']}").status_code == 409


def test_a_repeated_key_gives_the_first_order(user: User) -> None:
    item, key = user.item(stock=5), str(uuid.uuid4())
    first = user.order(item, 1, key, note=1)
    again = user.order(item, 1, key, note=1)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert user.order(item, 2, key, note=1).status_code == 422
    assert user.order(item, 1, key, note=True).status_code == 422
    assert user.call("GET", f"/items/{item['id']}").json()["stock"] == 4


def test_a_key_belongs_to_its_user(user: User, other: User) -> None:
    item, key = user.item(), str(uuid.uuid4())
    assert user.order(item, 1, key).json()["id"] != other.order(item, 1, key).json()["id"]


def test_a_failed_request_leaves_the_key_free(user: User) -> None:
    item, key = user.item(stock=1), str(uuid.uuid4())
    refused = user.order(item, 2, key)
    assert (refused.status_code, refused.json()["error"]) == (409, "insufficient_stock")
    assert user.order(item, 1, key).status_code == 201


@pytest.mark.parametrize("key", [None, "two words", "x" * 256])
def test_a_key_is_needed(user: User, key: str | None) -> None:
    item = user.item(stock=1)
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = user.call("POST", "/orders", json={"item_id": item["id"], "quantity": 1}, headers=headers)
    assert answer.status_code in (400, 422)
    assert user.call("GET", f"/items/{item['id']}").json()["stock"] == 1


@pytest.mark.parametrize("quantity", [0, -1, "1", True, None, 1.5])
def test_a_bad_quantity_is_refused(user: User, quantity: object) -> None:
    body = {"item_id": user.item()["id"], "quantity": quantity}
    answer = user.call("POST", "/orders", json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert answer.status_code in (400, 422)


def test_concurrent_orders_never_sell_more_than_the_stock(user: User) -> None:
    item = user.item(stock=3)
    with ThreadPoolExecutor(8) as pool:
        statuses = [answer.status_code for answer in pool.map(lambda _: user.order(item), range(8))]
    assert sorted(statuses) == [201] * 3 + [409] * 5
    assert user.call("GET", f"/items/{item['id']}").json()["stock"] == 0


def test_concurrent_repeats_of_a_key_place_one_order(user: User) -> None:
    item, key = user.item(stock=5), str(uuid.uuid4())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: user.order(item, 1, key), range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert user.call("GET", f"/items/{item['id']}").json()["stock"] == 4


def test_pages_of_orders_ascend(user: User) -> None:
    item = user.item(stock=5)
    placed = [user.order(item).json()["id"] for _ in range(3)]
    first = user.call("GET", "/orders", params={"limit": 2}).json()
    rest = user.call("GET", "/orders", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [order["id"] for order in first["items"] + rest["items"]] == placed
    assert rest["next_cursor"] is None
