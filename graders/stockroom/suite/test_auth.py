"""Authentication: tokens are needed, cannot be forged, work on both replicas; logging in is exact."""

import random
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
import tokens
from shapes import expect_error
from shop import REFUSED, Shop, User, item_path, new_email, new_key, new_password, new_sku, tag
from takehome_suite.client import Answer
from takehome_suite.outcome import Partial, expect, expect_equal, expect_status, fail, require, require_status

OPERATIONS = (
    "create-item",
    "list-items",
    "get-item",
    "put-item",
    "delete-item",
    "adjust-item",
    "create-order",
    "list-orders",
    "get-order",
)


def operation(name: str, owner: User, rng: random.Random) -> tuple[str, str, Any, Mapping[str, str]]:
    """A request of the kind that works with the owner's token."""
    if name == "create-item":
        return "POST", "/items", {"sku": new_sku(rng), "name": "Made", "stock": 1}, {}
    if name == "list-items":
        return "GET", "/items", None, {}
    if name == "list-orders":
        return "GET", "/orders", None, {}
    item = owner.has_item(rng)
    path = item_path(item["id"])
    if name == "get-item":
        return "GET", path, None, {}
    if name == "put-item":
        return "PUT", path, {"name": "Put", "stock": 2}, {"If-Match": tag(item.get("version"))}
    if name == "delete-item":
        return "DELETE", path, None, {}
    if name == "adjust-item":
        return "POST", f"{path}/adjust", {"delta": 1}, {}
    if name == "create-order":
        return "POST", "/orders", {"item_id": item["id"], "quantity": 1}, {"Idempotency-Key": new_key(rng)}
    return "GET", f"/orders/{owner.has_order(rng, item)['id']}", None, {}


def accepted(answer: Answer) -> bool:
    """Whether the request was let through."""
    return 200 <= answer.status < 300


def expect_unauthorized(answers: Iterable[tuple[str, Answer]]) -> None:
    """The test fails when one was let through; another refusal than 401 counts half."""
    answers = list(answers)
    for what, answer in answers:
        request = f"{answer.exchange.method} with {what}"
        if accepted(answer):
            fail(f"{request} should be answered with 401, but was let through with {answer.status}.")
    for what, answer in answers:
        if answer.status != 401:
            request = f"{answer.exchange.method} with {what}"
            raise Partial(
                f"{request} is refused, but with {answer.status} instead of 401.",
                expected={"status": 401},
                observed={"status": answer.status},
            )


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_needs_a_token(shop: Shop, owner: User, rng: random.Random, name: str) -> None:
    method, target, body, headers = operation(name, owner, rng)
    useless = {
        "no token": {},
        "an empty Authorization": {"Authorization": ""},
        "Bearer without a token": {"Authorization": "Bearer"},
        "a token of no one": {"Authorization": f"Bearer {new_key(rng)}"},
        "basic authentication": {"Authorization": "Basic dXNlcjpwYXNzd29yZA=="},
    }
    answers = [
        (what, shop.call(method, target, body, headers={**headers, **authorization}))
        for what, authorization in useless.items()
    ]
    # The same request with a token shows that only the token was missing, and that nothing had happened.
    control = owner.call(method, target, body, headers=headers)
    require(
        accepted(control),
        f"{method} does not work with a token either (it was answered with {control.status})",
    )
    expect_unauthorized(answers)


def test_missing_token_comes_before_other_errors(shop: Shop, owner: User, rng: random.Random) -> None:
    item = owner.has_item(rng)
    require_status(owner.get_item(item["id"]), 200, "reading an item")
    expect_unauthorized(
        [
            ("no token and a bad body", shop.call("POST", "/items", {"sku": "", "stock": -1})),
            ("no token and an unknown id", shop.call("GET", "/items/no-such-id")),
            ("no token and a bad parameter", shop.call("GET", "/items?limit=0")),
            ("no token and no If-Match", shop.call("PUT", item_path(item["id"]), {"name": "x", "stock": 1})),
            ("no token and no key", shop.call("POST", "/orders", {"item_id": item["id"], "quantity": 0})),
        ]
    )


def test_token_in_the_query_is_not_a_token(shop: Shop, rng: random.Random) -> None:
    # Nobody looks for this token in the logs: that it stands in an address is this test's doing.
    user = shop.has_user(rng)
    answer = shop.call("POST", "/auth/token", {"email": user.email, "password": user.password})
    require_status(answer, 200, "logging in")
    token = answer.object().get("access_token")
    expect_unauthorized(
        [
            (f"the token as {name} in the query", shop.call("GET", f"/orders?{name}={token}"))
            for name in ("access_token", "token")
        ]
    )


def refused(shop: Shop, owner: User, forged: Iterable[tuple[str, str]]) -> None:
    """The test fails when a forged token lets somebody read orders."""
    require_status(owner.list_orders(), 200, "listing orders with a good token")
    expect_unauthorized(
        (what, shop.call("GET", "/orders", headers={"Authorization": f"Bearer {token}"}))
        for what, token in forged
    )


def test_damaged_token_is_refused(shop: Shop, owner: User) -> None:
    refused(shop, owner, tokens.damaged(owner.token()))


def test_unsigned_token_is_refused(shop: Shop, owner: User) -> None:
    refused(shop, owner, tokens.unsigned(owner.token()))


def test_token_signed_with_a_guessable_secret_is_refused(shop: Shop, owner: User) -> None:
    refused(shop, owner, tokens.resigned(owner.token()))


def test_token_for_another_user_is_refused(shop: Shop, owner: User, stranger: User) -> None:
    names = {owner.id: stranger.id, owner.email: stranger.email}
    refused(shop, owner, tokens.swapped(owner.token(), stranger.token(), names))


def test_token_cannot_be_guessed(shop: Shop, owner: User, stranger: User) -> None:
    expect(
        owner.token() != stranger.token(), "Two users should have different tokens, but have the same one."
    )
    refused(shop, owner, tokens.guessed(stranger.id, stranger.email))


@pytest.mark.parametrize("first,second", [(0, 1), (1, 0)], ids=["a-to-b", "b-to-a"])
def test_token_works_on_the_other_replica(shop: Shop, owner: User, first: int, second: int) -> None:
    token = {"Authorization": f"Bearer {owner.token(first)}"}
    require_status(shop.call("GET", "/orders", on=first, headers=token), 200, "listing orders")
    answer = shop.call("GET", "/orders", on=second, headers=token)
    expect_status(answer, 200, "a request to one replica with a token from the other")


def test_missing_token_is_a_json_error(shop: Shop, owner: User) -> None:
    require_status(owner.list_orders(), 200, "listing orders with a token")
    answer = shop.call("GET", "/orders")
    expect_status(answer, 401, "listing orders without a token")
    expect_error(answer, "Listing orders without a token")


def test_wrong_password_is_401(shop: Shop, owner: User, rng: random.Random) -> None:
    owner.token()
    answer = shop.call("POST", "/auth/token", {"email": owner.email, "password": new_password(rng)})
    expect_status(answer, 401, "logging in with a wrong password")
    expect_error(answer, "Logging in with a wrong password")


def test_unknown_email_is_401(shop: Shop, owner: User, rng: random.Random) -> None:
    owner.token()
    answer = shop.call("POST", "/auth/token", {"email": new_email(rng), "password": owner.password})
    expect_status(answer, 401, "logging in with an unknown email")


def test_email_can_be_registered_once(shop: Shop, owner: User, rng: random.Random) -> None:
    answer = shop.call("POST", "/auth/register", {"email": owner.email, "password": new_password(rng)})
    expect_status(answer, 409, "registering an email that is taken")
    expect_error(answer, "Registering an email that is taken")
    login = shop.call("POST", "/auth/token", {"email": owner.email, "password": owner.password})
    expect_status(login, 200, "logging in after somebody tried to take the email")


def test_email_is_taken_in_any_case(shop: Shop, owner: User, rng: random.Random) -> None:
    taken = shop.call("POST", "/auth/register", {"email": owner.email, "password": new_password(rng)})
    require_status(taken, 409, "registering an email that is taken")
    answer = shop.call(
        "POST", "/auth/register", {"email": owner.email.upper(), "password": new_password(rng)}
    )
    expect_status(answer, 409, "registering a taken email in upper case")


def test_logging_in_ignores_the_case_of_the_email(shop: Shop, owner: User) -> None:
    owner.token()
    email = owner.email.title()
    answer = shop.call("POST", "/auth/token", {"email": email, "password": owner.password})
    expect_status(answer, 200, "logging in with the email in another case")


def test_password_of_72_bytes_counts_whole(shop: Shop, rng: random.Random) -> None:
    password = "é" * 8 + new_password(rng) + "".join(rng.choice("abcdef") for _ in range(36))
    expect_equal(len(password.encode()), 72, "The test's own password")
    email = new_email(rng)
    shop.state.add("passwords", password)
    credentials = {"email": email, "password": password}
    expect_status(
        shop.call("POST", "/auth/register", credentials), 201, "registering with a password of 72 bytes"
    )
    expect_status(
        shop.call("POST", "/auth/token", credentials), 200, "logging in with a password of 72 bytes"
    )
    wrong = {"email": email, "password": password[:-1] + "X"}
    expect_status(shop.call("POST", "/auth/token", wrong), 401, "logging in with another 72nd byte")


def test_longer_password_is_not_cut_off(shop: Shop, owner: User, rng: random.Random) -> None:
    require(bool(owner.id), "registering does not work")
    password = (new_password(rng) * 5)[:72]
    email = new_email(rng)
    shop.state.add("passwords", password)
    answer = shop.call("POST", "/auth/register", {"email": email, "password": password + "-and-more"})
    expect_status(answer, (201, *REFUSED), "registering with a password of 81 bytes")
    if answer.status == 201:
        full = shop.call("POST", "/auth/token", {"email": email, "password": password + "-and-more"})
        expect_status(full, 200, "logging in with a password of 81 bytes")
        cut = shop.call("POST", "/auth/token", {"email": email, "password": password})
        expect_status(cut, (*REFUSED, 401), "logging in with only the first 72 of 81 bytes")
