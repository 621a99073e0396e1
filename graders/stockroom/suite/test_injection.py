"""Untrusted input: no text reaches SQL as SQL, and no member of a body sets what the server sets."""

import random
from typing import Any

import pytest
from shop import REFUSED, Shop, User, entity, members, new_email, new_key, new_password, new_sku, tag, word
from takehome_suite.client import Answer
from takehome_suite.outcome import Partial, expect, expect_equal, expect_status, fail, require, require_status
from takehome_suite.pricing import Pricing

# Pairs that differ in nothing but the truth of the SQL that they would add. Each fits another way of building
# the query: with or without parentheses and functions around the text, and something bound after it.
Q_PAIRS = {
    "quote": ("zz' OR '1'='1", "zz' OR '1'='2"),
    "comment": ("zz' OR 1=1 --", "zz' OR 1=2 --"),
    "comment-1": ("zz') OR 1=1 --", "zz') OR 1=2 --"),
    "open-0": ("zz' OR 1=1 OR 'zz'='", "zz' OR 1=2 OR 'zz'='"),
    "open-1": ("zz') OR 1=1 OR ('zz", "zz') OR 1=2 OR ('zz"),
    "open-2": ("zz')) OR 1=1 OR (('zz", "zz')) OR 1=2 OR (('zz"),
    "open-3": ("zz'))) OR 1=1 OR ((('zz", "zz'))) OR 1=2 OR ((('zz"),
    "like-0": ("zz' OR 1=1 OR name LIKE 'zz", "zz' OR 1=2 OR name LIKE 'zz"),
    "like-1": ("zz') OR 1=1 OR lower(name) LIKE lower('zz", "zz') OR 1=2 OR lower(name) LIKE lower('zz"),
    "double-quote": ('zz" OR "1"="1', 'zz" OR "1"="2'),
}


def names(answer: Answer) -> list[str]:
    """The ids that a list shows, in its order; nothing when it is not a list."""
    if answer.status != 200:
        return []
    value = answer.object().get("items")
    return (
        [str(item.get("id")) for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    )


def test_quotes_in_a_search_are_ordinary(owner: User, rng: random.Random) -> None:
    mark = word(rng, 12)
    quoted = [f"O'{mark}", f'{mark} "x"', f"{mark}'' --", f"{mark}; DROP TABLE items; /*"]
    made = {name: owner.has_item(rng, name=name)["id"] for name in quoted}
    plain_search = owner.list_items(q=mark, limit=200)
    require_status(plain_search, 200, "searching")
    require(set(names(plain_search)) == set(made.values()), "searching for a word does not find the items")
    broken = []
    for name, item_id in made.items():
        answer = owner.list_items(q=name, limit=200)
        if names(answer) != [item_id]:
            broken.append(f"q={name} was answered with {answer.status}")
    if broken:
        # A text that is only not found is no injection; one that breaks the query is a strong sign of one.
        raise Partial("A search for a text with quotes should find it, but does not.", observed=broken)


@pytest.mark.parametrize("pair", Q_PAIRS)
def test_search_is_no_sql(owner: User, rng: random.Random, pair: str) -> None:
    mark = word(rng, 12)
    made = owner.has_item(rng, name=mark)["id"]
    require(names(owner.list_items(q=mark)) == [made], "searching for a word does not find the item")
    true, false = Q_PAIRS[pair]
    yes, no = owner.list_items(q=true), owner.list_items(q=false)
    if len(names(yes)) > len(names(no)):
        fail(
            f"A search for {true} should find nothing, but finds {len(names(yes))} items, "
            f"and {false} finds {len(names(no))}: the text of q is run as SQL.",
            expected="no difference between the two searches",
            observed={true: len(names(yes)), false: len(names(no))},
        )
    for answer in (yes, no):
        if answer.status >= 500:
            raise Partial(f"A search for {true} breaks the service: the text of q seems to reach SQL as SQL.")
        if answer.status != 200:
            raise Partial(f"A search for {true} should find nothing, but was answered with {answer.status}.")


def test_search_cannot_read_other_tables(owner: User, shop: Shop, rng: random.Random) -> None:
    made = owner.has_item(rng)["id"]
    require(made in [item["id"] for item in owner.walks_items()], "listing does not show the item")
    secrets = [owner.email, "$argon2", "$2b$", "pbkdf2", "scrypt", "CREATE TABLE"]
    leaks = []
    for count in range(1, 13):
        columns = ",".join(["sql"] * count)
        for close in ("'", "')"):
            answer = owner.list_items(q=f"zz{close} UNION SELECT {columns} FROM sqlite_master --")
            if answer.status == 200:
                leaks += [secret for secret in secrets if secret in answer.text]
    expect(not leaks, "A search should never show what is in another table, but it does.", observed=leaks)
    expect_status(owner.get_item(made), 200, "reading an item after the attempts")


SORT_PAIRS = {
    "case": ("(CASE WHEN 1=1 THEN name ELSE sku END)", "(CASE WHEN 1=2 THEN name ELSE sku END)"),
    "case-after": ("name COLLATE BINARY, (CASE WHEN 1=1 THEN 1 ELSE 2 END)", "name COLLATE NOCASE DESC"),
    "direction": ("name ASC", "name DESC"),
    "comment": ("name --", "sku --"),
    "subquery": ("(SELECT name FROM items LIMIT 0), name", "(SELECT name FROM items LIMIT 0), name DESC"),
}


@pytest.mark.parametrize("pair", SORT_PAIRS)
def test_sort_is_no_sql(owner: User, rng: random.Random, pair: str) -> None:
    mark = word(rng, 12)
    # Sorted by sku they come in the other direction than by name.
    ids = [
        owner.has_item(rng, name=f"{mark} {letter}", sku=f"{9 - place}-{new_sku(rng)}")["id"]
        for place, letter in enumerate("abcd")
    ]
    good = [item["id"] for item in owner.walks_items(sort="name") if item["id"] in ids]
    require(good == ids, "sorting by name does not work")
    first, second = SORT_PAIRS[pair]
    seen = []
    for sort in (first, second):
        answer = owner.list_items(q=mark, sort=sort, limit=50)
        seen.append([item for item in names(answer) if item in ids] if answer.status == 200 else None)
        broken = answer.status >= 500
        if broken:
            raise Partial(f"A list with sort={sort} breaks the service: the text seems to reach SQL as SQL.")
    if None not in seen and seen[0] != seen[1]:
        fail(
            f"A list with sort={first} is in another order than one with sort={second}: "
            "the text of sort is run as SQL.",
            expected="both refused with 400 or 422",
            observed={first: seen[0], second: seen[1]},
        )


def test_login_is_no_sql(shop: Shop, owner: User) -> None:
    owner.token()
    for email in (
        "a' OR 1=1 --",
        "a@example.com' OR '1'='1",
        f"{owner.email}' --",
        f"{owner.email}' OR 'a@'='a@",
    ):
        answer = shop.call("POST", "/auth/token", {"email": email, "password": "x' OR '1'='1"})
        if answer.status == 200:
            fail(f"Logging in with the email {email} should be refused, but gives a token.", observed=email)
        if answer.status >= 500:
            raise Partial(
                f"Logging in with the email {email} breaks the service: it seems to reach SQL as SQL."
            )


def test_ids_and_cursors_are_no_sql(owner: User, rng: random.Random) -> None:
    item = owner.has_item(rng)
    order = owner.has_order(rng, item)
    owner.sees_order(order["id"])
    broken = []
    for path in ("items", "orders"):
        known = item["id"] if path == "items" else order["id"]
        for text in (
            "1%20OR%201=1",
            "x'%20OR%20'1'='1",
            f"{known}'%20--",
            "x'%20OR%201=1%20--",
            "0%20UNION%20SELECT%201",
        ):
            answer = owner.call("GET", f"/{path}/{text}")
            if answer.status == 200:
                fail(f"GET /{path}/{text} should be 404, but shows a row: the id is run as SQL.")
            if answer.status >= 500:
                broken.append(f"/{path}/{text}")
        plain_list, odd = (
            owner.call("GET", f"/{path}?limit=1"),
            owner.call("GET", f"/{path}?limit=1&cursor='%20OR%201=1%20--"),
        )
        require_status(plain_list, 200, f"GET /{path}")
        if odd.status >= 500:
            broken.append(f"/{path}?cursor")
    if broken:
        raise Partial(
            f"GET {broken[0]} breaks the service: the text seems to reach SQL as SQL.", observed=broken
        )


def test_stored_text_is_no_sql(owner: User, rng: random.Random) -> None:
    other = owner.has_item(rng)
    text = f"x', 999, 1); -- {word(rng)}"
    body = {"sku": f"{new_sku(rng)}'\"--", "name": text, "stock": 1}
    answer = owner.create_item(body)
    if answer.status >= 500:
        raise Partial(
            "An item with quotes in its name breaks the service: the text seems to reach SQL as SQL."
        )
    item = entity(answer, 201, "creating an item with quotes")
    kept = members(owner.sees_item(item["id"]), body) == body
    changed = f"{text}' WHERE 1=1 --"
    put = owner.put_item(item["id"], {"name": changed, "stock": 2}, "*")
    kept = kept and put.status == 200 and owner.sees_item(item["id"]).get("name") == changed
    if not kept:
        raise Partial("An item with quotes in its name should be kept as sent, but is not.")
    expect_equal(owner.sees_item(other["id"]), other, "Another item after a name with quotes")


def forged_item(rng: random.Random, owner_id: str) -> dict[str, Any]:
    """Members of an item that a client may not set, with values that the server would not choose."""
    return {
        "id": f"forged-{word(rng)}",
        "version": rng.randrange(500_000, 900_000),
        "owner_id": owner_id,
        "ownerId": owner_id,
        "owner": owner_id,
        "user_id": owner_id,
        "created_at": "2001-02-03T04:05:06Z",
        "is_admin": True,
    }


def expect_untouched(after: dict[str, Any], forged: dict[str, Any], owner_id: str) -> None:
    """The test fails when a forged member took effect."""
    for name in ("id", "version", "created_at"):
        expect(after.get(name) != forged[name], f"A body should not set {name}, but it did.", observed=after)
    expect_equal(after.get("owner_id"), owner_id, "The owner of an item whose body names another one")


def worked(answer: Answer, status: int, doing: str) -> bool:
    """Whether the request was carried out; refusing a body with such members harms nobody either."""
    if answer.status in REFUSED:
        return False
    if answer.status != status:
        raise Partial(f"{doing} should be answered with {status}, but was answered with {answer.status}.")
    return True


def test_new_item_belongs_to_its_creator(owner: User, stranger: User, rng: random.Random) -> None:
    owner.has_item(rng)
    forged = forged_item(rng, stranger.id)
    body = {"sku": new_sku(rng), "name": "Forged", "stock": 5}
    answer = owner.create_item({**body, **forged})
    if worked(answer, 201, "Creating an item with members that the server sets"):
        item = entity(answer, 201, "creating an item")
        expect_untouched(owner.sees_item(item["id"]), forged, owner.id)
        # Where strangers may adjust any item, that is charged as it is, and shows nothing here.
        ordinary = owner.has_item(rng)["id"]
        rights = stranger.adjust(item["id"], 1).status == 200 and stranger.adjust(ordinary, 1).status != 200
        expect(not rights, "Naming another owner in the body should not give him the item, but did.")
    expect_status(owner.get_item(forged["id"]), 404, "reading an item by an id that the client chose")


def test_change_keeps_owner_id_and_version(owner: User, stranger: User, rng: random.Random) -> None:
    item = owner.has_item(rng)
    forged = forged_item(rng, stranger.id)
    body = {"name": "Changed", "stock": 5, "sku": new_sku(rng)}
    answer = owner.put_item(item["id"], {**body, **forged}, tag(item.get("version")))
    require_status(owner.get_item(item["id"]), 200, "reading an item after a change")
    after = owner.sees_item(item["id"])
    expect_untouched(after, forged, owner.id)
    expect_equal(after.get("sku"), item.get("sku"), "The sku after a change that names another one")
    worked(answer, 200, "Changing an item with members that the server sets")
    require_status(owner.put_item(item["id"], {"name": "Changed", "stock": 5}, "*"), 200, "changing an item")


def test_adjustment_changes_the_stock_only(owner: User, stranger: User, rng: random.Random) -> None:
    item = owner.has_item(rng, stock=5)
    forged = forged_item(rng, stranger.id)
    answer = owner.call(
        "POST", f"/items/{item['id']}/adjust", {**forged, "delta": 1, "stock": 900, "name": "Forged"}
    )
    after = owner.sees_item(item["id"])
    expect_untouched(after, forged, owner.id)
    expect_equal(after.get("name"), item.get("name"), "The name after an adjustment that names another one")
    expect(
        after.get("stock") in (5, 6), "An adjustment by 1 should not set the stock, but did.", observed=after
    )
    worked(answer, 200, "Adjusting with members that the server sets")
    require_status(owner.adjust(item["id"], 1), 200, "adjusting the stock")


def test_order_is_priced_by_the_server(
    owner: User, stranger: User, pricing: Pricing, rng: random.Random
) -> None:
    sku = new_sku(rng)
    pricing.price(sku, 500)
    item = owner.has_item(rng, sku=sku, stock=9)
    stranger.has_order(rng, item)
    forged = {
        "id": f"forged-{word(rng)}",
        "unit_price_cents": 1,
        "unitPriceCents": 1,
        "price_cents": 1,
        "total_cents": 1,
        "status": "paid",
        "user_id": owner.id,
        "owner_id": owner.id,
        "created_at": "2001-02-03T04:05:06Z",
    }
    answer = stranger.order_body({"item_id": item["id"], "quantity": 2, **forged}, new_key(rng))
    if worked(answer, 201, "Ordering with members that the server sets"):
        order = entity(answer, 201, "placing an order")
        for name in ("id", "unit_price_cents", "total_cents", "status", "created_at"):
            expect(
                order.get(name) != forged[name],
                f"A body should not set {name} of an order, but it did.",
                observed=order,
            )
        # Where anybody reads any order, that is charged as it is, and shows nothing here.
        ordinary = stranger.has_order(rng, item)["id"]
        given = owner.get_order(order["id"]).status == 200 and owner.get_order(ordinary).status != 200
        expect(not given, "Naming another user in the body should not give him the order, but did.")
        expect_status(stranger.get_order(order["id"]), 200, "reading the order as the user who placed it")


def test_registration_gives_no_rights(shop: Shop, owner: User, stranger: User, rng: random.Random) -> None:
    item, second = owner.has_item(rng), owner.has_item(rng)
    email, password = new_email(rng), new_password(rng)
    forged = {
        "id": owner.id,
        "is_admin": True,
        "is_staff": True,
        "is_superuser": True,
        "role": "admin",
        "roles": ["admin"],
    }
    shop.state.add("passwords", password)
    answer = shop.call("POST", "/auth/register", {"email": email, "password": password, **forged})
    if worked(answer, 201, "Registering with members that the server sets"):
        account = entity(answer, 201, "registering a user")
        expect(account["id"] != owner.id, "A registration should not choose its id, but did.")
        intruder = User(shop.clients, shop.state, email, password, account["id"])
        # What any stranger may do is charged as it is; a role shows where one may do more than others.
        more = (
            intruder.delete_item(item["id"]).status == 204
            and stranger.delete_item(second["id"]).status != 204
        )
        expect(not more, "A registration that names a role should not give rights, but did.")
