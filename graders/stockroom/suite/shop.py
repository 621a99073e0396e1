"""The words of the stockroom contract for the tests: users who create, change, adjust, delete and order.

A `has_…`, `sees_…` or `walks_…` method is a prerequisite: when it does not work, the test that uses it is not
assessable, because the test of that very operation has charged it already. Every other method only sends a
request and returns the answer.
"""

import random
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from takehome_suite.client import Answer, Client
from takehome_suite.outcome import NotAssessable, require, require_status
from takehome_suite.run import State

LETTERS = string.ascii_lowercase
REFUSED = (400, 422)
NOT_OWNER = (403, 404)
INT_MAX = 2**31 - 1
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
TOKEN = re.compile(r"[!-~]{1,4096}")
ITEM_MEMBERS = ("id", "sku", "name", "stock", "version", "owner_id", "created_at")
ORDER_MEMBERS = ("id", "item_id", "quantity", "unit_price_cents", "total_cents", "status", "created_at")
PAGES = 100


def word(rng: random.Random, length: int = 8) -> str:
    """A random lower-case word."""
    return "".join(rng.choice(LETTERS) for _ in range(length))


def new_email(rng: random.Random) -> str:
    """An address of the kind that the contract promises to accept."""
    return f"{word(rng, 6)}.{word(rng, 4)}-{rng.randrange(10, 99)}@example.com"


def new_password(rng: random.Random) -> str:
    """A password that occurs nowhere by chance."""
    return "".join(rng.choice(string.ascii_letters + string.digits) for _ in range(18)) + "!7"


def new_sku(rng: random.Random) -> str:
    """A sku that no other test uses."""
    return f"SKU-{word(rng, 10)}-{rng.randrange(1000, 9999)}"


def new_key(rng: random.Random) -> str:
    """An idempotency key."""
    return f"{rng.getrandbits(128):032x}"


def item_path(item_id: str) -> str:
    """The path of an item; an id from the server needs no escaping, another string does."""
    return f"/items/{quote(item_id, safe='', errors='replace')}"


def tag(version: Any) -> str:
    """The entity tag of a version; what is no version matches nothing."""
    return f'"{version}"' if isinstance(version, int) else '"none"'


def query(parameters: Mapping[str, Any]) -> str:
    """A query string, or nothing when there are no parameters."""
    return f"?{urlencode(parameters, quote_via=quote, errors='replace')}" if parameters else ""


@dataclass
class User:
    """A registered user, with a token of its own at every instance that it talks to.

    The tokens are separate, so that only the tests of that rule depend on a token working at both replicas.
    """

    clients: list[Client]
    state: State
    email: str
    password: str
    id: str
    tokens: dict[int, str] = field(default_factory=dict)

    def token(self, on: int = 0) -> str:
        """A token from the instance; logs in when there is none yet."""
        if on not in self.tokens:
            credentials = {"email": self.email, "password": self.password}
            answer = self.clients[on].request("POST", "/auth/token", body=credentials)
            require_status(answer, 200, "logging in")
            token = str(answer.object().get("access_token", ""))
            require(TOKEN.fullmatch(token) is not None, "logging in gives no access_token", observed=token)
            self.tokens[on] = token
            self.state.add("tokens", token)
        return self.tokens[on]

    def call(
        self,
        method: str,
        target: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        on: int = 0,
    ) -> Answer:
        """A request with this user's token."""
        sent = {"Authorization": f"Bearer {self.token(on)}", **(headers or {})}
        return self.clients[on].request(method, target, body=body, raw=raw, headers=sent)

    def create_item(self, body: Any, *, on: int = 0) -> Answer:
        return self.call("POST", "/items", body, on=on)

    def get_item(self, item_id: str, *, on: int = 0) -> Answer:
        return self.call("GET", item_path(item_id), on=on)

    def put_item(self, item_id: str, body: Any, if_match: str | None, *, on: int = 0) -> Answer:
        headers = {} if if_match is None else {"If-Match": if_match}
        return self.call("PUT", item_path(item_id), body, headers=headers, on=on)

    def delete_item(self, item_id: str, *, on: int = 0) -> Answer:
        return self.call("DELETE", item_path(item_id), on=on)

    def adjust(self, item_id: str, delta: Any, *, on: int = 0) -> Answer:
        return self.call("POST", f"{item_path(item_id)}/adjust", {"delta": delta}, on=on)

    def order(self, item_id: Any, quantity: Any, key: str | None, *, on: int = 0) -> Answer:
        return self.order_body({"item_id": item_id, "quantity": quantity}, key, on=on)

    def order_body(self, body: Any, key: str | None, *, on: int = 0) -> Answer:
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.call("POST", "/orders", body, headers=headers, on=on)

    def get_order(self, order_id: str, *, on: int = 0) -> Answer:
        return self.call("GET", f"/orders/{quote(order_id, safe='', errors='replace')}", on=on)

    def list_items(self, *, on: int = 0, **parameters: Any) -> Answer:
        return self.call("GET", f"/items{query(parameters)}", on=on)

    def list_orders(self, *, on: int = 0, **parameters: Any) -> Answer:
        return self.call("GET", f"/orders{query(parameters)}", on=on)

    def has_item(
        self,
        rng: random.Random,
        *,
        stock: int = 5,
        name: str | None = None,
        sku: str | None = None,
        on: int = 0,
    ) -> dict[str, Any]:
        """A new item of this user, with what was sent as its sku, name and stock."""
        body = {"sku": sku or new_sku(rng), "name": name or f"Item {word(rng)}", "stock": stock}
        made = members(entity(self.create_item(body, on=on), 201, "creating an item"), ITEM_MEMBERS)
        return {**made, **body}

    def has_order(
        self, rng: random.Random, item: Mapping[str, Any], quantity: int = 1, *, on: int = 0
    ) -> dict[str, Any]:
        """A new order by this user."""
        placed = entity(self.order(item["id"], quantity, new_key(rng), on=on), 201, "placing an order")
        return members(placed, ORDER_MEMBERS)

    def sees_item(self, item_id: str, *, on: int = 0) -> dict[str, Any]:
        """The item as it is now."""
        return members(entity(self.get_item(item_id, on=on), 200, "reading an item"), ITEM_MEMBERS)

    def sees_order(self, order_id: str, *, on: int = 0) -> dict[str, Any]:
        """The order as it is now."""
        return members(entity(self.get_order(order_id, on=on), 200, "reading an order"), ORDER_MEMBERS)

    def walks_items(self, *, on: int = 0, **parameters: Any) -> list[dict[str, Any]]:
        """All items, page by page."""
        return [item for page in self._pages("/items", on, parameters) for item in page]

    def walks_orders(self, *, on: int = 0, **parameters: Any) -> list[dict[str, Any]]:
        """All own orders, page by page."""
        return [order for page in self._pages("/orders", on, parameters) for order in page]

    def _pages(self, path: str, on: int, parameters: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
        asked = {"limit": 200, **parameters}
        for _ in range(PAGES):
            answer = self.call("GET", f"{path}{query(asked)}", on=on)
            require_status(answer, 200, f"listing {path}")
            items, cursor = page(answer)
            yield items
            if cursor is None:
                return
            asked["cursor"] = cursor
        raise NotAssessable(f"Not assessable: {path} still has a next_cursor after {PAGES} pages.")


@dataclass
class Shop:
    """The service under test: its replicas and the users who were registered so far."""

    clients: list[Client]
    state: State

    def has_user(self, rng: random.Random, *, on: int = 0, password: str | None = None) -> User:
        """A new user."""
        email, password = new_email(rng), password or new_password(rng)
        self.state.add("passwords", password)
        answer = self.clients[on].request(
            "POST", "/auth/register", body={"email": email, "password": password}
        )
        account = entity(answer, 201, "registering a user")
        return User(self.clients, self.state, email, password, account["id"])

    def call(self, method: str, target: str, body: Any = None, *, on: int = 0, **extra: Any) -> Answer:
        """A request without a token."""
        return self.clients[on].request(method, target, body=body, **extra)


def entity(answer: Answer, status: int, doing: str) -> dict[str, Any]:
    """The object with an id that the answer has to hold for the test to go on."""
    require_status(answer, status, doing)
    value = answer.object()
    known = isinstance(value.get("id"), str) and ID.fullmatch(value["id"]) is not None
    require(known, f"{doing} gives no id of letters, digits, _ and -", observed=value)
    return value


def members(value: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The members that the contract names: an answer may have others, and those may change at any time."""
    return {name: value[name] for name in names if name in value}


def page(answer: Answer) -> tuple[list[dict[str, Any]], str | None]:
    """The items and the next cursor of a page that the test needs."""
    value = answer.object()
    items, cursor = value.get("items"), value.get("next_cursor")
    require(
        isinstance(items, list)
        and all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in items),
        "a list has no items with ids",
        observed=answer.text[:200],
    )
    require(
        cursor is None or isinstance(cursor, str), "next_cursor is neither a string nor null", observed=cursor
    )
    return list(items or []), cursor
