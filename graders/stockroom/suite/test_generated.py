"""Requests generated from the public OpenAPI document: good ones work, bad ones are refused, none breaks.

Schemathesis makes the requests. What is right is decided here, because the contract leaves free some of what
the schemas exclude: `1.0` or `"1"` for an integer, numbers above 2 to the 31, U+0000, lone surrogates.
"""

import json
import math
import random
from collections.abc import Mapping
from typing import Any

import pytest
import schemathesis
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from shapes import Shapes
from shop import INT_MAX, REFUSED, User, new_key, new_sku
from takehome_suite.client import Answer
from takehome_suite.generated import Budget, run_examples
from takehome_suite.outcome import expect_status, fail, require_status
from takehome_suite.run import Run

EXAMPLES = 25
SECONDS = 6.0
VALID, INVALID, FREE = "valid", "invalid", "free"
SERVER_SET = frozenset(
    ("id", "owner_id", "user_id", "version", "created_at", "status", "price_cents", "total_cents")
)

WRITES = {
    "createItem": "/items",
    "putItem": "/items/{id}",
    "adjustItem": "/items/{id}/adjust",
    "createOrder": "/orders",
}
LISTS = {"listItems": "/items", "listOrders": "/orders"}


def of_number(value: Any, low: int, excluded: int | None = None) -> str:
    """Whether a value is an integer within the contract's bounds."""
    if isinstance(value, bool):
        return FREE
    if isinstance(value, int):
        if abs(value) > INT_MAX:
            return FREE
        return INVALID if value < low or value == excluded else VALID
    if isinstance(value, float):
        return FREE if math.isinf(value) or value == int(value) else INVALID
    if isinstance(value, str):
        return FREE if any(char.isdigit() for char in value) else INVALID
    return INVALID


def of_text(value: Any, most: int) -> str:
    """Whether a value is a text within the contract's bounds."""
    if isinstance(value, str):
        if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in value):
            return FREE
        return VALID if 1 <= len(value) <= most else INVALID
    return FREE if isinstance(value, bool | int | float) else INVALID


def of_body(operation: str, body: Any) -> str:
    """Whether a body is good, bad or neither by the contract."""
    if not isinstance(body, dict):
        return INVALID
    absent = [name for name in MEMBERS[operation] if name not in body]
    if absent:
        return INVALID
    verdicts = [MEMBERS[operation][name](body[name]) for name in MEMBERS[operation]]
    if INVALID in verdicts:
        return INVALID
    return FREE if FREE in verdicts or has_large_number(body) else VALID


def has_large_number(value: Any) -> bool:
    """Whether a number above the contract's bound stands anywhere: not every JSON library takes it."""
    if isinstance(value, dict):
        return any(map(has_large_number, value.values()))
    if isinstance(value, list):
        return any(map(has_large_number, value))
    return isinstance(value, int | float) and abs(value) > INT_MAX


MEMBERS: Mapping[str, Mapping[str, Any]] = {
    "createItem": {
        "sku": lambda value: FREE if value in (".", "..") else of_text(value, 64),
        "name": lambda value: of_text(value, 200),
        "stock": lambda value: of_number(value, 0),
    },
    "putItem": {"name": lambda value: of_text(value, 200), "stock": lambda value: of_number(value, 0)},
    "adjustItem": {"delta": lambda value: of_number(value, -INT_MAX, excluded=0)},
    "createOrder": {
        "item_id": lambda value: of_text(value, 10_000),
        "quantity": lambda value: of_number(value, 1),
    },
}


@pytest.fixture(scope="module")
def document(shapes: Shapes) -> Any:
    """The document as Schemathesis reads it."""
    # A configuration of our own, so that none is looked for in the file system.
    config = SchemathesisConfig.from_dict({"generation": {"allow-x00": False}})
    return schemathesis.openapi.from_dict(json.loads(json.dumps(shapes.document)), config=config)


def cases(document: Any, operation: str, mode: GenerationMode) -> Any:
    """A strategy of requests."""
    return document.find_operation_by_id(operation).as_strategy(generation_mode=mode)


def send(owner: User, operation: str, item_id: str, stem: str, body: Any) -> Answer:
    """A generated body, at a real item and under a new key."""
    path = WRITES[operation].replace("{id}", item_id)
    headers = {"putItem": {"If-Match": "*"}, "createOrder": {"Idempotency-Key": stem}}.get(operation, {})
    method = "PUT" if operation == "putItem" else "POST"
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return owner.call(method, path, raw=raw, headers=headers)


def sendable(body: Any) -> bool:
    """Whether a body can be sent: as it is, or as JSON without members that have a test of their own."""
    if isinstance(body, bytes):
        return True
    if isinstance(body, dict) and not SERVER_SET.isdisjoint(body):
        return False
    try:
        json.dumps(body, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


@pytest.mark.parametrize("operation", WRITES)
def test_generated_good_bodies_work(
    owner: User, shapes: Shapes, document: Any, run: Run, rng: random.Random, operation: str
) -> None:
    item = owner.has_item(rng, stock=1000)
    keys = iter(range(10_000))
    stem = new_key(rng)

    def check(case: Any) -> None:
        body = case.body
        if operation == "createOrder" and isinstance(body, dict):
            body = {**body, "item_id": item["id"]}
        if not sendable(body) or of_body(operation, body) != VALID:
            return
        answer = send(owner, operation, item["id"], f"{stem}-{next(keys)}", body)
        # A sku may be used already, and a stock may not do; a sum above the bound need not work.
        allowed = {"createItem": (201, 409), "adjustItem": (200, 409, *REFUSED), "createOrder": (201, 409)}
        expect_status(answer, allowed.get(operation, (200,)), f"{operation} with a generated good body")
        if operation == "createItem" and answer.status == 201:
            # The same sku must work again when the search repeats a value.
            owner.delete_item(str(answer.object().get("id")))
        shapes.expect(answer, operation)

    strategy = cases(document, operation, GenerationMode.POSITIVE)
    run_examples(strategy, check, seed=run.seed, examples=EXAMPLES, budget=Budget(SECONDS))


@pytest.mark.parametrize("operation", LISTS)
def test_generated_good_parameters_work(
    owner: User, shapes: Shapes, document: Any, run: Run, operation: str
) -> None:
    def check(case: Any) -> None:
        # A cursor that was made up may be refused. Quotes in q have a test of their own.
        asked = {name: value for name, value in (case.query or {}).items() if name in ("limit", "q", "sort")}
        q = asked.get("q", "")
        if operation == "listOrders":
            asked = {name: value for name, value in asked.items() if name == "limit"}
        if not isinstance(q, str) or any(char in "'\"\0" for char in q) or of_text("x" + q, 201) != VALID:
            return
        list_of = owner.list_items if operation == "listItems" else owner.list_orders
        answer = list_of(**asked)
        expect_status(answer, 200, f"{operation} with generated good parameters")
        shapes.expect(answer, operation)

    strategy = cases(document, operation, GenerationMode.POSITIVE)
    run_examples(strategy, check, seed=run.seed, examples=EXAMPLES, budget=Budget(SECONDS))


@pytest.mark.parametrize("operation", WRITES)
def test_generated_bad_bodies_are_refused(
    owner: User, document: Any, run: Run, rng: random.Random, operation: str
) -> None:
    item = owner.has_item(rng, stock=1000)
    good = {
        "createItem": {"sku": new_sku(rng), "name": "Good", "stock": 1},
        "putItem": {"name": "Good", "stock": 1},
        "adjustItem": {"delta": 1},
        "createOrder": {"item_id": item["id"], "quantity": 1},
    }[operation]
    status = 201 if operation.startswith("create") else 200
    stem = new_key(rng)
    require_status(send(owner, operation, item["id"], stem, good), status, f"{operation} with a good body")
    keys = iter(range(10_000))

    def check(case: Any) -> None:
        body = case.body
        if not sendable(body):
            return
        answer = send(owner, operation, item["id"], f"{stem}-{next(keys)}", body)
        if answer.status >= 500:
            fail(f"{operation} with a generated body should not break the service, but gave {answer.status}.")
        if of_body(operation, body) == INVALID:
            # With an order's item unknown as well, either error is right.
            statuses = (*REFUSED, 404) if operation == "createOrder" else REFUSED
            expect_status(answer, statuses, f"{operation} with a generated bad body")

    strategy = cases(document, operation, GenerationMode.NEGATIVE)
    run_examples(strategy, check, seed=run.seed, examples=EXAMPLES, budget=Budget(SECONDS))
