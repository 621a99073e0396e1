from __future__ import annotations

import httpx
import pytest
from conftest import PASSWORD, User


def test_health_needs_no_token(api: httpx.Client) -> None:
    answer = api.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


def test_token_of_a_new_user(api: httpx.Client, user: User) -> None:
    answer = api.post("/auth/token", json={"email": user.email, "password": PASSWORD})
    assert answer.status_code == 200
    token = answer.json()
    assert token["token_type"] == "bearer"
    assert token["expires_in"] > 0
    assert isinstance(token["access_token"], str)


def test_an_address_is_registered_once(api: httpx.Client, user: User) -> None:
    answer = api.post("/auth/register", json={"email": user.email, "password": PASSWORD})
    assert answer.status_code == 409


def test_a_wrong_password_gets_no_token(api: httpx.Client, user: User) -> None:
    answer = api.post("/auth/token", json={"email": user.email, "password": "not the password"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {"email": "short@example.com", "password": "123456789"},
        {"email": "no-at-sign.example.com", "password": PASSWORD},
        {"email": "no-password@example.com"},
    ],
)
def test_bad_registrations_are_refused(api: httpx.Client, body: dict[str, str]) -> None:
    answer = api.post("/auth/register", json=body)
    assert answer.status_code in (400, 422)
    assert isinstance(answer.json(), dict)


@pytest.mark.parametrize("path", ["/items", "/items/unknown", "/orders", "/orders/unknown"])
def test_without_a_token_it_is_401(api: httpx.Client, path: str) -> None:
    answer = api.get(path)
    assert answer.status_code == 401
    assert isinstance(answer.json(), dict)


def test_an_invalid_token_is_401(api: httpx.Client) -> None:
    answer = api.get("/items", headers={"Authorization": "Bearer not-a-token"})
    assert answer.status_code == 401


def test_a_token_works_at_the_second_instance(second_api: httpx.Client, user: User) -> None:
    assert user.at(second_api).call("GET", "/items").status_code == 200
