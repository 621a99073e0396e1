from __future__ import annotations

import uuid

import httpx
import pytest
from conftest import User


def test_an_order_takes_stock(user: User, other: User) -> None:
    item = user.create_item(stock=5)
    answer = other.order(item["id"], quantity=2)
    assert answer.status_code == 201
    order = answer.json()
    assert (order["item_id"], order["quantity"], order["status"]) == (item["id"], 2, "confirmed")
    assert order["unit_price_cents"] > 0
    assert order["total_cents"] == 2 * order["unit_price_cents"]
    after = user.call("GET", f"/items/{item['id']}").json()
    assert (after["stock"], after["version"]) == (3, item["version"] + 1)


def test_read_an_order(user: User, other: User) -> None:
    item = user.create_item()
    order = other.order(item["id"]).json()
    answer = other.call("GET", f"/orders/{order['id']}")
    assert answer.status_code == 200
    assert answer.json()["item"] == {"id": item["id"], "sku": item["sku"], "name": item["name"]}
    assert user.call("GET", f"/orders/{order['id']}").status_code == 404


def test_too_much_is_409(user: User) -> None:
    item = user.create_item(stock=1)
    answer = user.order(item["id"], quantity=2)
    assert answer.status_code == 409
    assert answer.json()["error"] == "insufficient_stock"
    assert user.call("GET", f"/items/{item['id']}").json() == item


def test_an_order_of_an_unknown_item_is_404(user: User) -> None:
    assert user.order("unknown").status_code == 404


@pytest.mark.parametrize("quantity", [0, -1, "1"])
def test_a_bad_quantity_is_refused(user: User, quantity: object) -> None:
    answer = user.call(
        "POST",
        "/orders",
        headers={"Idempotency-Key": str(uuid.uuid4())},
        json={"item_id": user.create_item()["id"], "quantity": quantity},
    )
    assert answer.status_code in (400, 422)


def test_an_order_needs_a_key(user: User) -> None:
    item = user.create_item(stock=1)
    answer = user.call("POST", "/orders", json={"item_id": item["id"], "quantity": 1})
    assert answer.status_code in (400, 422)
    assert user.call("GET", f"/items/{item['id']}").json()["stock"] == 1


def test_a_repeated_key_gives_the_first_order(user: User) -> None:
    item, key = user.create_item(stock=5), str(uuid.uuid4())
    first = user.order(item["id"], 1, key)
    again = user.order(item["id"], 1, key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert user.call("GET", f"/items/{item['id']}").json()["stock"] == 4


def test_a_repeated_key_at_the_second_instance(second_api: httpx.Client, user: User) -> None:
    item, key = user.create_item(stock=5), str(uuid.uuid4())
    first = user.order(item["id"], 1, key)
    again = user.at(second_api).order(item["id"], 1, key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()


def test_a_key_with_another_body_is_422(user: User) -> None:
    item, key = user.create_item(stock=5), str(uuid.uuid4())
    assert user.order(item["id"], 1, key).status_code == 201
    assert user.order(item["id"], 2, key).status_code == 422


def test_an_item_with_orders_stays(user: User) -> None:
    item = user.create_item()
    assert user.order(item["id"]).status_code == 201
    assert user.call("DELETE", f"/items/{item['id']}").status_code == 409
