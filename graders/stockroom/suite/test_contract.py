"""Contract: every operation answers with the status, headers and members that the brief names."""

import random
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from shapes import Shapes, expect_error
from shop import Shop, User, entity, members, new_email, new_key, new_password, new_sku, tag, word
from takehome_suite.client import Answer
from takehome_suite.outcome import expect, expect_equal, expect_status, require_status


def test_health(shop: Shop, shapes: Shapes) -> None:
    for replica in range(len(shop.clients)):
        answer = shop.call("GET", "/healthz", on=replica)
        expect_status(answer, 200, "GET /healthz")
        shapes.expect(answer, "health")


def test_health_ignores_authorization(shop: Shop) -> None:
    answer = shop.call("GET", "/healthz", headers={"Authorization": "Bearer no-such-token"})
    expect_status(answer, 200, "GET /healthz with a useless token")


def test_register(shop: Shop, shapes: Shapes, rng: random.Random) -> None:
    email, password = new_email(rng), new_password(rng)
    shop.state.add("passwords", password)
    answer = shop.call("POST", "/auth/register", {"email": email, "password": password})
    expect_status(answer, 201, "registering")
    shapes.expect(answer, "register")
    expect_equal(str(answer.object()["email"]).lower(), email, "The email of a new account")
    expect(
        "password" not in answer.object(),
        "The answer to a registration should not hold the password, but does.",
    )


def test_token(shop: Shop, owner: User, shapes: Shapes) -> None:
    credentials = {"email": owner.email, "password": owner.password}
    answer = shop.call("POST", "/auth/token", credentials, headers={"Authorization": "Bearer no-such-token"})
    expect_status(answer, 200, "logging in")
    shapes.expect(answer, "token")
    shop.state.add("tokens", answer.object()["access_token"])


def test_create_item(owner: User, shapes: Shapes, rng: random.Random) -> None:
    body = {"sku": new_sku(rng), "name": f"Item {word(rng)}", "stock": rng.randrange(0, 100)}
    answer = owner.create_item(body)
    expect_status(answer, 201, "creating an item")
    shapes.expect(answer, "createItem")
    item = answer.object()
    expect_equal({name: item[name] for name in body}, body, "The new item")
    expect_equal(item["owner_id"], owner.id, "The owner of a new item")


def test_location_names_the_new_item(owner: User, rng: random.Random) -> None:
    answer = owner.create_item({"sku": new_sku(rng), "name": "Located", "stock": 1})
    item = entity(answer, 201, "creating an item")
    location = answer.headers.get("location", "")
    path = urlsplit(urljoin(answer.exchange.url, location)).path
    expect_equal(unquote(path), f"/items/{item['id']}", "The path in Location")


def test_get_item(owner: User, stranger: User, shapes: Shapes, rng: random.Random) -> None:
    item = owner.has_item(rng)
    for reader in (owner, stranger):
        answer = reader.get_item(item["id"])
        expect_status(answer, 200, "reading an item")
        shapes.expect(answer, "getItem")
        expect_equal(members(answer.object(), item), item, "The item read back")


def test_put_item(owner: User, shapes: Shapes, rng: random.Random) -> None:
    item = owner.has_item(rng)
    change = {"name": f"Changed {word(rng)}", "stock": rng.randrange(0, 100)}
    answer = owner.put_item(item["id"], change, tag(item.get("version")))
    expect_status(answer, 200, "changing an item")
    shapes.expect(answer, "putItem")
    after = answer.object()
    expect_equal({name: after[name] for name in change}, change, "The changed item")
    unchanged = ("id", "sku", "owner_id", "created_at")
    expect_equal(
        [after[name] for name in unchanged], [item.get(name) for name in unchanged], "What PUT leaves alone"
    )


def test_adjust_item(owner: User, shapes: Shapes, rng: random.Random) -> None:
    item = owner.has_item(rng, stock=5)
    answer = owner.adjust(item["id"], 3)
    expect_status(answer, 200, "adjusting the stock")
    shapes.expect(answer, "adjustItem")


def test_delete_item(owner: User, rng: random.Random) -> None:
    item = owner.has_item(rng)
    answer = owner.delete_item(item["id"])
    expect_status(answer, 204, "deleting an item")
    expect_equal(answer.body, b"", "The body of a 204")


def test_list_items(owner: User, shapes: Shapes, rng: random.Random) -> None:
    owner.has_item(rng)
    answer = owner.list_items()
    expect_status(answer, 200, "listing items")
    shapes.expect(answer, "listItems")
    expect(len(answer.object()["items"]) > 0, "The list of items is empty, although there is one.")


def test_create_order(owner: User, stranger: User, shapes: Shapes, rng: random.Random) -> None:
    item = owner.has_item(rng, stock=9)
    quantity = rng.randrange(1, 9)
    answer = stranger.order(item["id"], quantity, new_key(rng))
    expect_status(answer, 201, "ordering another user's item")
    shapes.expect(answer, "createOrder")
    order = answer.object()
    expect_equal(
        [order["item_id"], order["quantity"]], [item["id"], quantity], "Item and quantity of the order"
    )


def test_get_order(owner: User, shapes: Shapes, rng: random.Random) -> None:
    item = owner.has_item(rng)
    order = owner.has_order(rng, item)
    answer = owner.get_order(order["id"])
    expect_status(answer, 200, "reading an order")
    shapes.expect(answer, "getOrder")
    expect_equal(members(answer.object(), order), order, "The order read back")


def test_list_orders(owner: User, shapes: Shapes, rng: random.Random) -> None:
    order = owner.has_order(rng, owner.has_item(rng))
    answer = owner.list_orders(limit=200)
    expect_status(answer, 200, "listing orders")
    shapes.expect(answer, "listOrders")
    ids = [listed["id"] for listed in owner.walks_orders()]
    expect(order["id"] in ids, "A new order should be in the list of the user's orders, but is not.")


UNKNOWN_IDS = {
    "short": "no-such-id",
    "number": "999999999",
    "long": "x" * 64,
    "longer": "y" * 300,
    "text": "%C3%A9%20%2B",
}


@pytest.mark.parametrize("kind", UNKNOWN_IDS)
def test_unknown_id_is_404(owner: User, rng: random.Random, kind: str) -> None:
    item = owner.has_item(rng)
    require_status(owner.get_item(item["id"]), 200, "reading an item")
    unknown = UNKNOWN_IDS[kind]
    change = {"name": "Nothing", "stock": 1}
    requests: list[Answer] = [
        owner.call("GET", f"/items/{unknown}"),
        owner.call("PUT", f"/items/{unknown}", change, headers={"If-Match": '"1"'}),
        owner.call("DELETE", f"/items/{unknown}"),
        owner.call("POST", f"/items/{unknown}/adjust", {"delta": 1}),
        owner.call("GET", f"/orders/{unknown}"),
    ]
    for answer in requests:
        what = f"{answer.exchange.method} of an unknown id"
        # Nothing can match on an item that does not exist, so 412 applies to PUT as well.
        expect_status(answer, (404, 412) if answer.exchange.method == "PUT" else 404, what)
        expect_error(answer, what)


def test_order_of_an_unknown_item_is_404(owner: User, rng: random.Random) -> None:
    owner.has_order(rng, owner.has_item(rng))
    for unknown in ("no-such-item", "no such item", "9" * 80):
        answer = owner.order(unknown, 1, new_key(rng))
        expect_status(answer, 404, "ordering an unknown item")
        expect_error(answer, "Ordering an unknown item")


@pytest.mark.parametrize(
    "target", ["/no-such-path", "/items/x/y/z", "/auth/nothing"], ids=["word", "deep", "auth"]
)
def test_unknown_path_is_a_json_error(owner: User, target: str) -> None:
    require_status(owner.list_items(), 200, "listing items")
    answer = owner.call("GET", target)
    expect_status(answer, (404, 405), f"GET {target}")
    expect_error(answer, f"GET {target}")


@pytest.mark.parametrize(
    "method,target",
    [("PATCH", "/items"), ("DELETE", "/orders"), ("PUT", "/auth/token")],
    ids=["items", "orders", "token"],
)
def test_unknown_method_is_a_json_error(owner: User, method: str, target: str) -> None:
    require_status(owner.list_items(), 200, "listing items")
    answer = owner.call(method, target, {})
    expect_status(answer, (404, 405), f"{method} {target}")
    expect_error(answer, f"{method} {target}")
