from __future__ import annotations

import uuid
from typing import Any

import pytest
from conftest import User


def test_create_and_read(user: User, other: User) -> None:
    item = user.item(stock=7)
    assert (item["stock"], item["owner_id"]) == (7, user.id)
    answer = other.call("GET", f"/items/{item['id']}")
    assert answer.status_code == 200
    assert answer.json()["sku"] == item["sku"]
    assert answer.headers["ETag"] == f'"{item["version"]}"'


def test_the_server_alone_sets_its_members(user: User) -> None:
    body = {"sku": uuid.uuid4().hex, "name": "n", "stock": 1, "owner_id": "x", "version": 99, "id": "y"}
    answer = user.call("POST", "/items", json=body)
    assert answer.status_code == 201
    assert answer.json()["owner_id"] == user.id
    assert answer.json()["id"] != "y"
    assert answer.json()["version"] != 99


def test_a_sku_is_unique_for_its_owner_only(user: User, other: User) -> None:
    body = {"sku": user.item()["sku"], "name": "again", "stock": 1}
    assert user.call("POST", "/items", json=body).status_code == 409
    assert other.call("POST", "/items", json=body).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"sku": ""},
        {"sku": "x" * 65},
        {"name": ""},
        {"name": "x" * 201},
        {"stock": -1},
        {"stock": True},
        {"stock": "1"},
    ],
)
def test_bad_values_are_refused(user: User, change: dict[str, Any]) -> None:
    body = {"sku": uuid.uuid4().hex, "name": "n", "stock": 1, **change}
    assert user.call("POST", "/items", json=body).status_code in (400, 422)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff", b'{"sku":"a","name":"b","stock":NaN}']
)
def test_malformed_bodies_are_refused(user: User, content: bytes) -> None:
    answer = user.call("POST", "/items", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)


def test_put_needs_the_current_version(user: User, other: User) -> None:
    item = user.item()
    path, body = f"/items/{item['id']}", {"name": "new", "stock": 9}
    current = f'"{item["version"]}"'
    assert user.call("PUT", path, json=body).status_code == 428
    assert user.call("PUT", path, json=body, headers={"If-Match": '"0"'}).status_code == 412
    assert user.call("PUT", path, json=body, headers={"If-Match": f"W/{current}"}).status_code == 412
    assert other.call("PUT", path, json=body, headers={"If-Match": current}).status_code in (403, 404)
    changed = user.call("PUT", path, json=body, headers={"If-Match": f'"x", {current}'})
    assert changed.status_code == 200
    assert changed.json()["version"] == item["version"] + 1
    assert (changed.json()["name"], changed.json()["stock"]) == ("new", 9)
    assert user.call("PUT", path, json=body, headers={"If-Match": current}).status_code == 412
    assert user.call("PUT", path, json=body, headers={"If-Match": "*"}).status_code == 200


def test_adjust(user: User, other: User) -> None:
    item = user.item(stock=2)
    path = f"/items/{item['id']}/adjust"
    answer = user.call("POST", path, json={"delta": 3})
    assert (answer.status_code, answer.json()["stock"]) == (200, 5)
    assert user.call("POST", path, json={"delta": -6}).status_code == 409
    assert user.call("POST", path, json={"delta": 0}).status_code in (400, 422)
    assert other.call("POST", path, json={"delta": 1}).status_code in (403, 404)
    assert user.call("GET", f"/items/{item['id']}").json()["version"] == item["version"] + 1


def test_delete(user: User, other: User) -> None:
    path = f"/items/{user.item()['id']}"
    assert other.call("DELETE", path).status_code in (403, 404)
    assert user.call("DELETE", path).status_code == 204
    assert user.call("GET", path).status_code == 404


@pytest.mark.parametrize("item_id", ["unknown", "a%2Fb", "%00", "x" * 65])
def test_any_other_string_is_an_unknown_id(user: User, item_id: str) -> None:
    assert user.call("GET", f"/items/{item_id}").status_code == 404


def test_search_has_no_wildcards(user: User) -> None:
    mark = uuid.uuid4().hex
    for name in (f"{mark} 100%", f"{mark} a_b", f"{mark} plain"):
        user.item(name=name)

    def found(query: str) -> list[str]:
        items = user.call("GET", "/items", params={"q": query}).json()["items"]
        return [item["name"] for item in items]

    assert found(f"{mark} 100%".upper()) == [f"{mark} 100%"]
    assert found(f"{mark} %") == []
    assert found(f"{mark} a_") == [f"{mark} a_b"]


def test_the_cursor_visits_every_item_once_in_order(user: User) -> None:
    mark = uuid.uuid4().hex
    names = [f"{mark} {end}" for end in ("b", "B", "a", "é", "a", "Z")]
    for name in names:
        user.item(name=name)
    seen: list[str] = []
    params: dict[str, Any] = {"q": mark, "sort": "name", "limit": 2}
    while True:
        page = user.call("GET", "/items", params=params).json()
        seen += [item["name"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert seen == sorted(names)


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "sort=price", "cursor=%FF"])
def test_bad_parameters_are_refused(user: User, query: str) -> None:
    assert user.call("GET", f"/items?{query}").status_code in (400, 422)
