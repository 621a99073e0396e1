from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import httpx
import pytest
from conftest import User


def test_create(user: User) -> None:
    sku = f"sku-{uuid.uuid4().hex}"
    answer = user.call("POST", "/items", json={"sku": sku, "name": "Widget", "stock": 5})
    assert answer.status_code == 201
    item = answer.json()
    assert (item["sku"], item["name"], item["stock"]) == (sku, "Widget", 5)
    assert item["owner_id"] == user.id
    assert isinstance(item["version"], int)
    assert datetime.fromisoformat(item["created_at"]).utcoffset() is not None
    assert answer.headers["ETag"] == f'"{item["version"]}"'
    assert answer.headers["Location"].endswith(f"/items/{item['id']}")


def test_read_by_anybody(user: User, other: User) -> None:
    item = user.create_item()
    answer = other.call("GET", f"/items/{item['id']}")
    assert answer.status_code == 200
    assert answer.json() == item
    assert answer.headers["ETag"] == f'"{item["version"]}"'


def test_read_at_the_second_instance(second_api: httpx.Client, user: User) -> None:
    item = user.create_item()
    answer = user.at(second_api).call("GET", f"/items/{item['id']}")
    assert answer.status_code == 200
    assert answer.json() == item


def test_an_unknown_id_is_404(user: User) -> None:
    answer = user.call("GET", "/items/unknown")
    assert answer.status_code == 404
    assert isinstance(answer.json(), dict)


def test_a_sku_is_used_once_by_an_owner(user: User) -> None:
    body = {"sku": user.create_item()["sku"], "name": "Again", "stock": 1}
    assert user.call("POST", "/items", json=body).status_code == 409


@pytest.mark.parametrize(
    "change",
    [{"stock": -1}, {"stock": "5"}, {"stock": None}, {"name": ""}, {"name": "n" * 201}, {"sku": ""}],
)
def test_bad_values_are_refused(user: User, change: dict[str, Any]) -> None:
    body = {"sku": f"sku-{uuid.uuid4().hex}", "name": "Widget", "stock": 5, **change}
    answer = user.call("POST", "/items", json=body)
    assert answer.status_code in (400, 422)
    assert isinstance(answer.json(), dict)


def test_a_body_that_is_no_json_is_refused(user: User) -> None:
    answer = user.call("POST", "/items", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)


def test_put_with_the_present_version(user: User) -> None:
    item = user.create_item()
    answer = user.call(
        "PUT",
        f"/items/{item['id']}",
        headers={"If-Match": f'"{item["version"]}"'},
        json={"name": "Gadget", "stock": 9},
    )
    assert answer.status_code == 200
    changed = answer.json()
    assert (changed["name"], changed["stock"]) == ("Gadget", 9)
    assert changed["version"] == item["version"] + 1
    assert answer.headers["ETag"] == f'"{changed["version"]}"'


def test_put_without_if_match_is_428(user: User) -> None:
    item = user.create_item()
    answer = user.call("PUT", f"/items/{item['id']}", json={"name": "Gadget", "stock": 9})
    assert answer.status_code == 428


def test_put_with_an_old_version_is_412(user: User) -> None:
    item = user.create_item()
    path, old = f"/items/{item['id']}", {"If-Match": f'"{item["version"]}"'}
    assert user.call("PUT", path, headers=old, json={"name": "First", "stock": 1}).status_code == 200
    assert user.call("PUT", path, headers=old, json={"name": "Second", "stock": 2}).status_code == 412
    assert user.call("GET", path).json()["name"] == "First"


def test_only_the_owner_changes_an_item(user: User, other: User) -> None:
    item = user.create_item()
    path = f"/items/{item['id']}"
    body = {"name": "Mine", "stock": 0}
    assert other.call("PUT", path, headers={"If-Match": "*"}, json=body).status_code in (403, 404)
    assert user.call("GET", path).json() == item


def test_adjust(user: User) -> None:
    item = user.create_item(stock=5)
    path = f"/items/{item['id']}"
    answer = user.call("POST", f"{path}/adjust", json={"delta": -3})
    assert (answer.status_code, answer.json()["stock"]) == (200, 2)
    assert user.call("POST", f"{path}/adjust", json={"delta": -3}).status_code == 409
    after = user.call("GET", path).json()
    assert (after["stock"], after["version"]) == (2, item["version"] + 1)


def test_delete(user: User) -> None:
    path = f"/items/{user.create_item()['id']}"
    assert user.call("DELETE", path).status_code == 204
    assert user.call("GET", path).status_code == 404
