"""Malformed input: whatever is sent, the service answers with a 4xx, keeps what it has, and goes on."""

import base64
import random
from collections.abc import Callable
from functools import partial
from urllib.parse import quote

import pytest
from shop import Shop, User, new_email, new_key, new_sku, page
from takehome_suite.client import Answer
from takehome_suite.outcome import NoAnswer, Partial, expect_status, fail, require_status

FREE = "free"
REFUSE = "refuse"
PARTIAL_CAUSES = 2

# Whole bodies. None of them is a JSON object with the members that are needed.
BODIES = {
    "a truncated body": b'{"sku": "x", "na',
    "no body": b"",
    "an array": b"[]",
    "null": b"null",
    "a string": b'"text"',
    "a number": b"5",
    "true": b"true",
    "bytes that are not UTF-8": b'{"sku": "\xff\xfe", "name": "\xff", "email": "\xff@", "item_id": "\xff"}',
    "text after the body": b'{"a": 1} x',
    "single quotes": b"{'sku': 'x'}",
    "an empty object": b"{}",
    "5000 open arrays": b"[" * 5000,
    "5000 levels of arrays": b"[" * 5000 + b"]" * 5000,
    "5000 levels of objects": b'{"a":' * 5000 + b"1" + b"}" * 5000,
}

# Values of a number, as they are written in the body.
NUMBERS = {
    "a fraction": ("2.5", REFUSE),
    "an empty string": ('""', REFUSE),
    "a word": ('"many"', REFUSE),
    "an array": ("[]", REFUSE),
    "an array of one": ("[1]", REFUSE),
    "an object": ("{}", REFUSE),
    "NaN": ("NaN", REFUSE),
    "Infinity": ("Infinity", FREE),
    "1e400": ("1e400", FREE),
    "-1e400": ("-1e400", FREE),
    "2 to the 63": (str(2**63), FREE),
    "2 to the 64": (str(2**64), FREE),
    "minus 2 to the 64": (str(-(2**64)), FREE),
    "5000 digits": ("9" * 5000, FREE),
    "a numeric string": ('"2"', FREE),
    "digits of another script": ('"\u0661\u0662"', FREE),
    "true": ("true", FREE),
}

# Values of a text, as they are written in the body.
TEXTS = {
    "an array": ("[]", REFUSE),
    "an array of text": ('["x"]', REFUSE),
    "an object": ('{"a": "b"}', REFUSE),
    "a number": ("5", FREE),
    "true": ("true", FREE),
    "a lone surrogate": ('"\\ud800"', FREE),
    "a NUL": ('"a\\u0000b"', FREE),
    "8000 characters": (f'"{"x" * 8000}"', FREE),
}


class Battery:
    """Sends bad input and counts the kinds of it that break the service, or that it takes as good."""

    def __init__(self) -> None:
        self.broken: dict[str, str] = {}
        self.taken: dict[str, str] = {}

    def send(
        self, cause: str, send: Callable[[], Answer], rule: str = FREE, *, may_close: bool = False
    ) -> Answer | None:
        """Sends one bad request; a connection that is closed without an answer is a break as well."""
        try:
            answer = send()
        except NoAnswer as error:
            if not may_close:
                self.broken.setdefault(cause, error.message)
            return None
        where = f"{answer.exchange.method} {answer.exchange.url[-60:]}"
        if answer.status >= 500:
            self.broken.setdefault(cause, f"{where} was answered with {answer.status}")
        elif rule == REFUSE and answer.status < 400:
            self.taken.setdefault(cause, f"{where} was answered with {answer.status}")
        return answer

    def judge(self) -> None:
        """The test fails with three kinds that break the service, or one that is taken as good."""
        seen = {"breaks": self.broken, "taken": self.taken}
        if self.taken:
            cause, where = next(iter(self.taken.items()))
            fail(f"Bad input ({cause}) should be refused with 400 or 422, but {where}.", observed=seen)
        if self.broken:
            cause, where = next(iter(self.broken.items()))
            message = f"{len(self.broken)} kinds of bad input break the service; first: {cause}: {where}."
            if len(self.broken) > PARTIAL_CAUSES:
                fail(message, expected="a 4xx for each", observed=seen)
            raise Partial(message, expected="a 4xx for each", observed=seen)


def odd_for_a_server(value: str) -> bool:
    """Whether a server may close the connection over a header with this value by itself."""
    return len(value) > 1000 or not value.isascii()


def still_works(shop: Shop, owner: User, rng: random.Random) -> None:
    """The test fails when the service does not work any more."""
    expect_status(shop.call("GET", "/healthz"), 200, "GET /healthz after bad input")
    body = {"sku": new_sku(rng), "name": "After", "stock": 1}
    expect_status(owner.create_item(body), 201, "creating an item after bad input")


def send_bodies(battery: Battery, send: Callable[[bytes], Answer]) -> None:
    """All whole bodies."""
    for cause, body in BODIES.items():
        battery.send(cause, partial(send, body), REFUSE)
    large = b'{"note": "' + b"n" * 262_144 + b'"}'
    # Above 64 KiB anything goes but a fault; closing the connection is how many servers refuse.
    battery.send("a body of 256 KiB", partial(send, large), may_close=True)


def send_members(
    battery: Battery,
    good: dict[str, str],
    values: dict[str, tuple[str, str]],
    name: str,
    send: Callable[[bytes], Answer],
) -> list[Answer]:
    """The good body (members as JSON texts) with each value in the place of one member."""
    answers = []
    for cause, (value, rule) in values.items():
        text = ", ".join(f'"{member}": {value if member == name else kept}' for member, kept in good.items())
        raw = f"{{{text}}}".encode()
        answer = battery.send(cause, partial(send, raw), rule)
        if answer is not None:
            answers.append(answer)
    return answers


def test_malformed_items(shop: Shop, owner: User, rng: random.Random) -> None:
    owner.has_item(rng)
    battery = Battery()

    def send(raw: bytes) -> Answer:
        return owner.call("POST", "/items", raw=raw)

    send_bodies(battery, send)
    answers = []
    for name, values in (("stock", NUMBERS), ("sku", TEXTS), ("name", TEXTS)):
        good = {"sku": f'"{new_sku(rng)}"', "name": '"Good"', "stock": "1"}
        answers += send_members(battery, good, values, name, send)
        answers += [
            answer for answer in [battery.send("a deep unknown member", partial(send, deep(good)))] if answer
        ]
    # Odd names that were taken would be in every list of the tests that follow.
    for answer in answers:
        if answer.status == 201:
            owner.delete_item(str(answer.object().get("id")))
    for content_type in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-16",
        "/",
    ):
        headers = {"Content-Type": content_type}
        raw = f'{{"sku": "{new_sku(rng)}", "name": "Typed", "stock": 1}}'.encode()
        battery.send("an odd content type", partial(owner.call, "POST", "/items", raw=raw, headers=headers))
    still_works(shop, owner, rng)
    battery.judge()


def deep(good: dict[str, str]) -> bytes:
    """The good body with an unknown member of 5000 levels; deeper than 50 need not work."""
    members = ", ".join(f'"{name}": {value}' for name, value in good.items())
    return f'{{{members}, "note": {"[" * 5000}{"]" * 5000}}}'.encode()


def test_malformed_changes(shop: Shop, owner: User, rng: random.Random) -> None:
    item = owner.has_item(rng)
    require_status(owner.put_item(item["id"], {"name": "Good", "stock": 1}, "*"), 200, "changing an item")
    require_status(owner.adjust(item["id"], 1), 200, "adjusting the stock")
    battery = Battery()

    def put(raw: bytes) -> Answer:
        return owner.call("PUT", f"/items/{item['id']}", raw=raw, headers={"If-Match": "*"})

    def adjust(raw: bytes) -> Answer:
        return owner.call("POST", f"/items/{item['id']}/adjust", raw=raw)

    send_bodies(battery, put)
    send_bodies(battery, adjust)
    send_members(battery, {"name": '"Good"', "stock": "1"}, NUMBERS, "stock", put)
    send_members(battery, {"name": '"Good"', "stock": "1"}, TEXTS, "name", put)
    send_members(battery, {"delta": "1"}, NUMBERS, "delta", adjust)
    for match in (
        '"',
        '""',
        "abc",
        '"abc"',
        '"1',
        '*, "1"',
        '"1", "2"',
        "W/",
        '"' + "9" * 5000 + '"',
        '"1e3"',
        '"\u00e9"',
    ):
        battery.send(
            "an odd If-Match",
            partial(owner.put_item, item["id"], {"name": "Good", "stock": 1}, match),
            may_close=odd_for_a_server(match),
        )
    owner.delete_item(item["id"])
    still_works(shop, owner, rng)
    battery.judge()


def test_malformed_orders(shop: Shop, owner: User, rng: random.Random) -> None:
    item = owner.has_item(rng, stock=50)
    owner.has_order(rng, item)
    battery = Battery()

    def send(raw: bytes) -> Answer:
        return owner.call("POST", "/orders", raw=raw, headers={"Idempotency-Key": new_key(rng)})

    send_bodies(battery, send)
    good = {"item_id": f'"{item["id"]}"', "quantity": "1"}
    send_members(battery, good, NUMBERS, "quantity", send)
    send_members(battery, good, TEXTS, "item_id", send)
    for key in ("", "two words", "x" * 256, "k" * 4000, "\u00e9", '"quoted"', "a,b"):
        battery.send(
            "an odd Idempotency-Key",
            partial(owner.order, item["id"], 1, key),
            may_close=odd_for_a_server(key),
        )
    still_works(shop, owner, rng)
    battery.judge()


def test_malformed_accounts(shop: Shop, owner: User, rng: random.Random) -> None:
    owner.token()
    battery = Battery()
    texts = {
        cause: value
        for cause, value in TEXTS.items()
        if cause in ("an array", "an object", "a number", "true")
    }
    odd = {
        cause: value
        for cause, value in TEXTS.items()
        if cause in ("a lone surrogate", "a NUL", "8000 characters")
    }
    for path in ("/auth/register", "/auth/token"):

        def send(raw: bytes, path: str = path) -> Answer:
            return shop.call("POST", path, raw=raw)

        send_bodies(battery, send)
        good = {"email": f'"{new_email(rng)}"', "password": f'"{new_key(rng)}"'}
        for name in good:
            # Odd texts may be good passwords, and slow hashes are slow: each is sent once.
            send_members(battery, good, texts if name == "password" else {**texts, **odd}, name, send)
    good = {"email": f'"{new_email(rng)}"', "password": '"x"'}
    send_members(battery, good, odd, "password", lambda raw: shop.call("POST", "/auth/token", raw=raw))
    tokens = (
        "Bearer \u00e9",
        "Bearer a b c",
        "Bearer ..",
        "Bearer a.b.c",
        "Bearer " + "x" * 4000,
        "bearer",
        "Bearer eyJh.eyJh.",
    )
    for token in tokens:
        battery.send(
            "an odd Authorization",
            partial(shop.call, "GET", "/orders", headers={"Authorization": token}),
            REFUSE,
            may_close=odd_for_a_server(token),
        )
    still_works(shop, owner, rng)
    battery.judge()


def encoded(text: str) -> str:
    """A cursor of the kind that many services make."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def test_malformed_parameters(shop: Shop, owner: User, rng: random.Random) -> None:
    item = owner.has_item(rng, stock=9)
    owner.has_item(rng)
    for _ in range(2):
        owner.has_order(rng, item)
    battery = Battery()
    limits = (
        "",
        "1.5",
        "1e2",
        "%205",
        "%2B5",
        "0x10",
        quote("\u0661\u0662"),
        "9" * 5000,
        "null",
        "true",
        "%00",
        "%FF",
        "NaN",
    )
    cursors = ["", "abc", "%00", "=", "====", "%FF", "x" * 2000, quote("\u00e9"), "-1", "9" * 30, "null"]
    cursors += [
        encoded(text)
        for text in (
            "{}",
            "[]",
            "null",
            "5",
            '""',
            '{"a":1}',
            "[1,2]",
            "[null,null]",
            "9" * 40,
            "a|b",
            "\u00e9",
        )
    ]
    for path in ("/items", "/orders"):
        for limit in limits:
            battery.send("an odd limit", partial(owner.call, "GET", f"{path}?limit={limit}"))
        first = owner.call("GET", f"{path}?limit=1")
        require_status(first, 200, f"GET {path}?limit=1")
        real = page(first)[1] or "none"
        middle = len(real) // 2
        altered = (
            real[:-1],
            real[:middle],
            real[:middle] + "A" + real[middle + 1 :],
            real + real,
            real[::-1],
            real.lower(),
        )
        for cursor in (*cursors, *(quote(text, safe="") for text in altered)):
            battery.send("an odd cursor", partial(owner.call, "GET", f"{path}?limit=1&cursor={cursor}"))
    for sort in ("name", "stock", "created_at"):
        foreign = page(owner.list_items(limit=1, sort=sort))[1] or "none"
        for other in ("name", "stock", "created_at"):
            battery.send(
                "a cursor of another sort",
                partial(owner.list_items, limit=1, sort=other, cursor=foreign),
            )
        battery.send("a cursor of another list", partial(owner.list_orders, limit=1, cursor=foreign))
    for text in ("%00", "%FF", "%ED%A0%80", "x" * 4000, "%", "%zz"):
        battery.send("an odd q", partial(owner.call, "GET", f"/items?q={text}"))
    still_works(shop, owner, rng)
    battery.judge()


ODD_IDS = (
    "%00",
    "%FF",
    "%0A",
    "%C3%A9",
    "x" * 2000,
    "..%2F..%2Fetc%2Fpasswd",
    "%25",
    "-1",
    "0",
    "1e5",
    "null",
    "9" * 30,
    "9" * 400,
)


def test_malformed_paths(shop: Shop, owner: User, rng: random.Random) -> None:
    item = owner.has_item(rng)
    owner.sees_order(owner.has_order(rng, item)["id"])
    battery = Battery()
    for odd in ODD_IDS:
        for method, path, body in (
            ("GET", f"/items/{odd}", None),
            ("PUT", f"/items/{odd}", {"name": "x", "stock": 1}),
            ("DELETE", f"/items/{odd}", None),
            ("POST", f"/items/{odd}/adjust", {"delta": 1}),
            ("GET", f"/orders/{odd}", None),
        ):
            headers = {"If-Match": "*"} if method == "PUT" else {}
            battery.send(
                f"the id {odd[:20]}",
                partial(owner.call, method, path, body, headers=headers),
                REFUSE,
            )
    still_works(shop, owner, rng)
    battery.judge()


@pytest.mark.parametrize("replica", [0, 1], ids=["a", "b"])
def test_service_is_healthy_after_malformed_input(
    shop: Shop, owner: User, rng: random.Random, replica: int
) -> None:
    expect_status(shop.call("GET", "/healthz", on=replica), 200, "GET /healthz after bad input")
    owner.sees_item(owner.has_item(rng, on=replica)["id"], on=replica)
