"""Fixtures against a running service. Every test brings its own users and items."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

PASSWORD = "correct horse battery"


class User:
    """A registered user with a token."""

    def __init__(self, api: httpx.Client) -> None:
        self._api = api
        self.email = f"user-{uuid.uuid4().hex}@example.com"
        registered = api.post("/auth/register", json={"email": self.email, "password": PASSWORD})
        assert registered.status_code == 201, registered.text
        self.id: str = registered.json()["id"]
        login = api.post("/auth/token", json={"email": self.email, "password": PASSWORD})
        assert login.status_code == 200, login.text
        self.headers = {"Authorization": f"Bearer {login.json()['access_token']}"}

    def call(
        self, method: str, path: str, headers: dict[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        return self._api.request(method, path, headers={**self.headers, **(headers or {})}, **options)

    def item(self, stock: int = 5, name: str = "Widget") -> dict[str, Any]:
        body = {"sku": uuid.uuid4().hex, "name": name, "stock": stock}
        created = self.call("POST", "/items", json=body)
        assert created.status_code == 201, created.text
        item: dict[str, Any] = created.json()
        return item

    def order(
        self, item: dict[str, Any], quantity: int = 1, key: str | None = None, **members: Any
    ) -> httpx.Response:
        body = {"item_id": item["id"], "quantity": quantity, **members}
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return self.call("POST", "/orders", headers=headers, json=body)


@pytest.fixture(scope="session")
def api() -> Iterator[httpx.Client]:
    base_url = os.environ.get("BASE_URL")
    if not base_url:
        pytest.skip("BASE_URL is not set")
    with httpx.Client(base_url=base_url, timeout=15, trust_env=False) as client:
        yield client


@pytest.fixture
def user(api: httpx.Client) -> User:
    return User(api)


@pytest.fixture
def other(api: httpx.Client) -> User:
    return User(api)
