"""Errors: they tell the client what was wrong, and nothing of the insides of the service."""

import random

import pytest
from leaks import Watch
from shop import Shop, User, new_key, new_sku
from takehome_suite.outcome import Partial, expect, fail, require_status
from takehome_suite.pricing import Pricing

CAUSES = ("accounts", "items", "orders", "lists", "paths")


def provoke(cause: str, shop: Shop, owner: User, pricing: Pricing, rng: random.Random) -> None:
    """Requests that are answered with errors of all kinds."""
    if cause == "accounts":
        shop.call("POST", "/auth/register", {"email": owner.email, "password": "short"})
        shop.call("POST", "/auth/register", {"email": owner.email, "password": owner.password})
        shop.call("POST", "/auth/register", {"email": ["a@b"], "password": {"a": 1}})
        shop.call("POST", "/auth/token", raw=b"{")
        shop.call("POST", "/auth/token", {"email": None, "password": 5})
        shop.call("GET", "/orders", headers={"Authorization": "Bearer a.b.c"})
    elif cause == "items":
        item = owner.has_item(rng)
        owner.create_item({"sku": item.get("sku"), "name": "Twice", "stock": 1})
        owner.create_item({"sku": new_sku(rng), "name": "Big", "stock": 10**30})
        owner.create_item({"sku": new_sku(rng), "name": "a\x00b", "stock": 1})
        owner.call("POST", "/items", raw=b'{"sku": "\\ud800", "name": "x", "stock": 1}')
        owner.call("POST", "/items", raw=b"[1,")
        owner.put_item(item["id"], {"name": "x", "stock": 1}, '"stale"')
        owner.adjust(item["id"], -999)
        owner.adjust(item["id"], "many")
    elif cause == "orders":
        sku = new_sku(rng)
        item = owner.has_item(rng, sku=sku, stock=1)
        owner.order(item["id"], 5, new_key(rng))
        owner.order({"a": 1}, 1, new_key(rng))
        pricing.status(sku, 503)
        owner.order(item["id"], 1, new_key(rng))
        pricing.body(sku, "no price")
        owner.order(item["id"], 1, new_key(rng))
    elif cause == "lists":
        for parameters in (
            "limit=abc",
            "limit=99999999999999999999999",
            "sort=colour",
            "cursor=%00",
            "cursor=e30",
            "q=%FF",
        ):
            owner.call("GET", f"/items?{parameters}")
        owner.call("GET", "/orders?limit=0&cursor=bm9uZQ")
    else:
        for path in (
            "/no-such-path",
            "/items/no-such-id",
            "/items/99999999999999999999999999",
            "/items/%00",
            "/orders/x",
        ):
            owner.call("GET", path)
        owner.call("PATCH", "/items", {})


@pytest.mark.parametrize("cause", CAUSES)
def test_errors_tell_nothing_of_the_insides(
    shop: Shop, owner: User, pricing: Pricing, watch: Watch, rng: random.Random, cause: str
) -> None:
    require_status(owner.list_items(), 200, "listing items")
    with watch.only() as found:
        provoke(cause, shop, owner, pricing, rng)
    tell(found)


def test_no_answer_told_of_the_insides(owner: User, watch: Watch) -> None:
    require_status(owner.list_items(), 200, "listing items")
    tell(watch.leaks)


def tell(found: dict[str, str]) -> None:
    """The test fails when there were leaks; a single kind counts half."""
    if len(found) == 1:
        what, where = next(iter(found.items()))
        raise Partial(
            f"An error should tell nothing of the insides, but the answer to {where} holds {what}.",
            observed=found,
        )
    if found:
        what, where = next(iter(found.items()))
        fail(
            f"Errors should tell nothing of the insides, but the answer to {where} holds {what}.",
            observed=found,
        )


def test_no_debugger_is_reachable(shop: Shop, owner: User, watch: Watch) -> None:
    require_status(owner.list_items(), 200, "listing items")
    for target in (
        "/console",
        "/?__debugger__=yes&cmd=resource&f=debugger.js",
        "/items?__debugger__=yes&cmd=resource&f=debugger.js",
    ):
        shop.call("GET", target)
    expect(
        not watch.debuggers,
        "An interactive debugger should not be reachable, but is.",
        observed=watch.debuggers,
    )
