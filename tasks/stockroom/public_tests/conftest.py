"""What the public tests share: `BASE_URL=http://127.0.0.1:8000 python3 -m pytest public_tests`.

With BASE_URL_B, a second instance on the same database is used as well.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

PASSWORD = "correct horse battery"


class User:
    """A registered user, with a token, at one instance."""

    def __init__(self, api: httpx.Client, id: str, email: str, token: str) -> None:
        self._api = api
        self.id = id
        self.email = email
        self.headers = {"Authorization": f"Bearer {token}"}

    def call(
        self, method: str, path: str, headers: dict[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        return self._api.request(method, path, headers={**self.headers, **(headers or {})}, **options)

    def at(self, api: httpx.Client) -> User:
        """The same user at another instance."""
        token = self.headers["Authorization"].removeprefix("Bearer ")
        return User(api, self.id, self.email, token)

    def create_item(self, stock: int = 5, name: str = "Widget") -> dict[str, Any]:
        body = {"sku": f"sku-{uuid.uuid4().hex}", "name": name, "stock": stock}
        answer = self.call("POST", "/items", json=body)
        assert answer.status_code == 201, answer.text
        item: dict[str, Any] = answer.json()
        return item

    def order(self, item_id: str, quantity: int = 1, key: str | None = None) -> httpx.Response:
        return self.call(
            "POST",
            "/orders",
            headers={"Idempotency-Key": key or str(uuid.uuid4())},
            json={"item_id": item_id, "quantity": quantity},
        )


def register(api: httpx.Client) -> User:
    email = f"user-{uuid.uuid4().hex}@example.com"
    registered = api.post("/auth/register", json={"email": email, "password": PASSWORD})
    assert registered.status_code == 201, registered.text
    login = api.post("/auth/token", json={"email": email, "password": PASSWORD})
    assert login.status_code == 200, login.text
    return User(api, registered.json()["id"], email, login.json()["access_token"])


def _client(variable: str) -> Iterator[httpx.Client]:
    base_url = os.environ.get(variable)
    if not base_url:
        pytest.skip(f"{variable} is not set")
    with httpx.Client(base_url=base_url, timeout=15, trust_env=False) as client:
        yield client


@pytest.fixture(scope="session")
def api() -> Iterator[httpx.Client]:
    yield from _client("BASE_URL")


@pytest.fixture(scope="session")
def second_api() -> Iterator[httpx.Client]:
    yield from _client("BASE_URL_B")


@pytest.fixture
def user(api: httpx.Client) -> User:
    return register(api)


@pytest.fixture
def other(api: httpx.Client) -> User:
    return register(api)
