from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import pytest
from conftest import User


def walk(user: User, path: str, **params: Any) -> list[dict[str, Any]]:
    """All pages, by the cursor."""
    rows: list[dict[str, Any]] = []
    while True:
        answer = user.call("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= params["limit"]
        rows += page["items"]
        if page["next_cursor"] is None:
            return rows
        params["cursor"] = page["next_cursor"]


def test_search_ignores_case(user: User) -> None:
    mark = uuid.uuid4().hex
    item = user.create_item(name=f"Red {mark}")
    user.create_item(name=f"Blue {uuid.uuid4().hex}")
    found = user.call("GET", "/items", params={"q": f"rED {mark}"}).json()
    assert [entry["id"] for entry in found["items"]] == [item["id"]]
    assert found["next_cursor"] is None


def test_pages_in_the_order_of_creation(user: User) -> None:
    mark = uuid.uuid4().hex
    created = [user.create_item(name=f"{mark} {number}")["id"] for number in range(5)]
    found = walk(user, "/items", q=mark, limit=2)
    assert sorted(item["id"] for item in found) == sorted(created)
    moments = [datetime.fromisoformat(item["created_at"]) for item in found]
    assert moments == sorted(moments)


@pytest.mark.parametrize("sort", ["name", "stock"])
def test_sort(user: User, sort: str) -> None:
    mark = uuid.uuid4().hex
    for name, stock in (("b", 2), ("c", 1), ("B", 3), ("a", 2)):
        user.create_item(name=f"{mark} {name}", stock=stock)
    values = [item[sort] for item in walk(user, "/items", q=mark, sort=sort, limit=3)]
    assert len(values) == 4
    assert values == sorted(values)


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=many", "sort=price"])
def test_bad_parameters_are_refused(user: User, query: str) -> None:
    assert user.call("GET", f"/items?{query}").status_code in (400, 422)


def test_own_orders_with_their_items(user: User, other: User) -> None:
    item = user.create_item(stock=9)
    placed = [other.order(item["id"]).json()["id"] for _ in range(3)]
    user.order(item["id"])
    found = walk(other, "/orders", limit=2)
    assert sorted(order["id"] for order in found) == sorted(placed)
    assert all(order["item"]["sku"] == item["sku"] for order in found)
