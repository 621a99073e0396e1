from __future__ import annotations

import httpx
import pytest
from conftest import PASSWORD, User


def test_health_needs_no_token(api: httpx.Client) -> None:
    answer = api.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


def test_an_email_is_taken_in_any_case(api: httpx.Client, user: User) -> None:
    answer = api.post("/auth/register", json={"email": user.email.upper(), "password": PASSWORD})
    assert answer.status_code == 409


def test_login_ignores_the_case_of_the_email(api: httpx.Client, user: User) -> None:
    answer = api.post("/auth/token", json={"email": user.email.upper(), "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "bearer"
    assert answer.json()["expires_in"] == 3600


def test_a_wrong_password_is_refused(api: httpx.Client, user: User) -> None:
    answer = api.post("/auth/token", json={"email": user.email, "password": PASSWORD + "!"})
    assert answer.status_code == 401


@pytest.mark.parametrize("password", ["short", "", 1234567890, None])
def test_a_bad_password_cannot_be_registered(api: httpx.Client, password: object) -> None:
    answer = api.post("/auth/register", json={"email": "bad-password@example.com", "password": password})
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer x.y.z", "Basic dXNlcjpwYXNz"])
def test_no_valid_token_is_401_before_anything_else(api: httpx.Client, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    assert api.get("/items/unknown", headers=headers).status_code == 401
    assert api.post("/items", headers=headers, content=b"{").status_code == 401
    assert api.post("/orders", headers=headers, json={}).status_code == 401


def test_a_changed_signature_is_refused(api: httpx.Client, user: User) -> None:
    token = user.headers["Authorization"]
    middle = len(token) - 12
    changed = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    assert api.get("/items", headers={"Authorization": changed}).status_code == 401
