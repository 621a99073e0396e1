"""Listing: pages, order and search of the catalogue, a cursor that survives changes, the list of orders."""

import random
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from shapes import UTC_TIME, expect_error
from shop import REFUSED, User, page, word
from takehome_suite.outcome import Unmet, expect, expect_equal, expect_status, fail, require, require_status

# More than there are items in any walk of these tests. The brief lets a page be short while more follow.
STEPS = 60


def has_items(
    user: User, rng: random.Random, names: list[str], stocks: list[int] | None = None
) -> list[dict[str, Any]]:
    """New items with these names."""
    return [
        user.has_item(rng, name=name, stock=stocks[number] if stocks else number)
        for number, name in enumerate(names)
    ]


def walk(user: User, limit: int, **parameters: Any) -> list[list[dict[str, Any]]]:
    """All pages of a list of items. Unlike a prerequisite, a failing page fails the test."""
    pages: list[list[dict[str, Any]]] = []
    cursor: str | None = None
    for _ in range(STEPS):
        asked = {**parameters, "limit": limit, **({"cursor": cursor} if cursor is not None else {})}
        answer = user.list_items(**asked)
        expect_status(answer, 200, "asking for the next page of items")
        items, cursor = page(answer)
        pages.append(items)
        if cursor is None:
            return pages
    fail(
        f"A walk with limit={limit} should have ended, but there is still a next_cursor after {STEPS} pages."
    )


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in items]


def flat(pages: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [item for items in pages for item in items]


def moment(value: Any) -> tuple[datetime, Decimal]:
    """A time of any precision, comparable."""
    if not isinstance(value, str) or UTC_TIME.fullmatch(value) is None:
        raise Unmet(f"created_at should be a time in UTC, but is {value!r}.")
    return datetime.fromisoformat(value[:19].upper().replace(" ", "T")), Decimal(
        "0." + value[20:].rstrip("Zz+-0:") + "0"
    )


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 6, 50])
def test_pages_hold_at_most_the_limit_and_the_last_has_no_cursor(
    owner: User, rng: random.Random, limit: int
) -> None:
    mark = word(rng, 12)
    items = has_items(owner, rng, [f"{mark} {number}" for number in range(6)])
    pages = walk(owner, limit, q=mark)
    expect_equal(sorted(ids(flat(pages))), sorted(ids(items)), f"The items of a walk with limit={limit}")
    largest = max(len(items) for items in pages)
    expect(
        largest <= limit,
        f"A page with limit={limit} should hold {limit} items at most, but holds {largest}.",
        observed=[len(items) for items in pages],
    )
    expect(
        pages[-1] != [],
        f"With limit={limit}, next_cursor should be null as soon as nothing follows, but an empty page follows.",
        observed=[len(items) for items in pages],
    )


def test_default_limit_is_50(owner: User, rng: random.Random) -> None:
    mark = word(rng, 12)
    made = ids(has_items(owner, rng, [f"{mark} {number}" for number in range(51)]))
    answer = owner.list_items(q=mark)
    expect_status(answer, 200, "listing items")
    items, cursor = page(answer)
    expect(len(items) <= 50, f"A page without limit should hold 50 items at most, but holds {len(items)}.")
    expect(cursor is not None, "next_cursor should be a string while an item follows, but is null.")
    with_limit = owner.list_items(q=mark, limit=50)
    expect_status(with_limit, 200, "listing items with limit=50")
    expect_equal(ids(items), ids(page(with_limit)[0]), "The items of a page without limit, and with limit=50")
    for limit in (50, 200):
        seen = ids(flat(walk(owner, limit, q=mark)))
        expect_equal(sorted(seen), sorted(made), f"The items of a walk with limit={limit}")


def test_empty_list_has_no_cursor(owner: User, rng: random.Random) -> None:
    owner.has_item(rng)
    answer = owner.list_items(q=word(rng, 20))
    expect_status(answer, 200, "searching for nothing")
    expect_equal(page(answer), ([], None), "The items and the next_cursor of an empty list")


def test_sort_by_name_goes_by_code_points(owner: User, rng: random.Random) -> None:
    mark = word(rng, 12)
    first = ["a", "B", "Z", "_", "z", "\u00e9", "\uff5e", "\U0001f600", "10", "9", "aa", "A"]
    names = [f"{start}{mark}" for start in first]
    rng.shuffle(names)
    has_items(owner, rng, names)
    for limit in (5, 200):
        seen = [item.get("name") for item in flat(walk(owner, limit, q=mark, sort="name"))]
        expect_equal(seen, sorted(names), f"The names in the order of sort=name with limit={limit}")


def test_sort_by_stock_goes_by_number(owner: User, rng: random.Random) -> None:
    mark = word(rng, 12)
    stocks = [2, 10, 9, 100, 0, 33, 2, 2]
    rng.shuffle(stocks)
    items = has_items(owner, rng, [f"{mark} {number}" for number in range(8)], stocks)
    for limit in (3, 200):
        seen = flat(walk(owner, limit, q=mark, sort="stock"))
        expect_equal(
            [item.get("stock") for item in seen],
            sorted(stocks),
            f"The stocks of sort=stock with limit={limit}",
        )
        expect_equal(sorted(ids(seen)), sorted(ids(items)), f"The items of sort=stock with limit={limit}")


def test_default_sort_is_by_time(owner: User, rng: random.Random) -> None:
    mark = word(rng, 12)
    names = [f"{word(rng)} {mark}" for _ in range(7)]
    has_items(owner, rng, names)
    orders = []
    for parameters in ({}, {"sort": "created_at"}):
        seen = flat(walk(owner, 3, q=mark, **parameters))
        times = [moment(item.get("created_at")) for item in seen]
        expect(
            times == sorted(times), "Items should be in the order of created_at, but are not.", observed=seen
        )
        orders.append(ids(seen))
    expect_equal(orders[0], orders[1], "The order without sort and the one with sort=created_at")


def test_whole_catalogue_is_walked_once(owner: User, rng: random.Random) -> None:
    made = ids(has_items(owner, rng, ["Walk"] * 6))
    for sort in ("name", "stock", "created_at"):
        seen = ids(owner.walks_items(sort=sort, limit=23))
        expect_equal(len(seen), len(set(seen)), f"The number of different items in a walk with sort={sort}")
        missing = [item for item in made if item not in seen]
        expect(not missing, f"A walk with sort={sort} misses {len(missing)} of 6 items.", observed=missing)


@pytest.mark.parametrize("sort", ["created_at", "name", "stock"])
def test_walk_survives_deleting_and_inserting(owner: User, rng: random.Random, sort: str) -> None:
    mark = word(rng, 12)
    # Even numbers stay; odd ones are deleted during the walk, and others are put before and after the cursor.
    items = has_items(
        owner, rng, [f"{mark} {number:03}" for number in range(100, 112)], list(range(100, 112))
    )
    stay = ids(items[0::2])
    doomed = items[1::2]
    seen: list[str] = []
    cursor: str | None = None
    for step in range(STEPS):
        after: dict[str, Any] = {} if cursor is None else {"cursor": cursor}
        answer = owner.list_items(q=mark, sort=sort, limit=3, **after)
        expect_status(answer, 200, "asking for the next page of items")
        got, cursor = page(answer)
        seen += ids(got)
        if cursor is None:
            break
        if step % 2 == 0 and doomed:
            for gone in doomed[:2]:
                require_status(owner.delete_item(gone["id"]), 204, "deleting an item")
            doomed = doomed[2:]
        elif step < 8:
            has_items(owner, rng, [f"{mark} 000 {step}", f"{mark} 999 {step}"], [0, 999])
    repeated = sorted({item for item in seen if seen.count(item) > 1})
    missing = [item for item in stay if item not in seen]
    expect(
        not missing and not repeated,
        f"A walk with sort={sort} during deletions and insertions should show each item that existed all the "
        f"time once, but skipped {len(missing)} and repeated {len(repeated)}.",
        expected={"each once": stay},
        observed={"skipped": missing, "repeated": repeated},
    )


def found(user: User, text: str) -> list[str]:
    """The names that a search finds."""
    return sorted(str(item.get("name")) for item in flat(walk(user, 200, q=text)))


def test_search_finds_substrings_in_any_case(owner: User, rng: random.Random) -> None:
    mark = word(rng, 12)
    names = [f"Big {mark.upper()} box", f"{mark.title()}", f"small{mark}"]
    has_items(owner, rng, [*names, f"{mark[:-1]}", f"{mark[1:]}"])
    for text in (mark, mark.upper(), mark.title(), mark[:6].upper() + mark[6:]):
        expect_equal(found(owner, text), sorted(names), f"The names that q={text} finds")
    expect_equal(found(owner, f"g {mark}"), names[:1], f"The names that q='g {mark}' finds")


def test_search_takes_other_scripts_and_signs(owner: User, rng: random.Random) -> None:
    mark = word(rng, 12)
    names = [f"{mark} Z\u00fcrich", f"{mark} \u6771\u4eac", f"{mark} a+b & c=d #1 / ?", f"{mark} \U0001f600"]
    has_items(owner, rng, names)
    for name in names:
        expect_equal(found(owner, name), [name], f"The names that q={name!a} finds")


def test_empty_search_is_no_search(owner: User, rng: random.Random) -> None:
    made = owner.has_item(rng)["id"]
    seen = ids(owner.walks_items(q=""))
    expect(made in seen, "A list with an empty q should show all items, but one is missing.")


@pytest.mark.parametrize("sign", ["%", "_"], ids=["percent", "underscore"])
def test_search_takes_signs_literally(owner: User, rng: random.Random, sign: str) -> None:
    mark = word(rng, 12)
    literal = f"{mark}{sign}tail"
    has_items(owner, rng, [literal, f"{mark}xtail", f"{mark}tail"])
    require(found(owner, mark) != [], "searching does not find anything")
    expect_equal(found(owner, literal), [literal], f"The names that q={literal} finds")


def test_search_takes_a_backslash_literally(owner: User, rng: random.Random) -> None:
    mark = word(rng, 12)
    names = [f"{mark}\\tail", f"{mark}\\%tail"]
    has_items(owner, rng, [*names, f"{mark}tail"])
    require(found(owner, mark) != [], "searching does not find anything")
    for name in names:
        expect_equal(found(owner, name), [name], f"The names that q={name} finds")


@pytest.mark.parametrize("path", ["/items", "/orders"], ids=["items", "orders"])
@pytest.mark.parametrize("limit", ["0", "201", "-1", "1000000000", "abc"])
def test_limit_outside_1_to_200_is_refused(owner: User, path: str, limit: str) -> None:
    for good in ("1", "200"):
        require_status(owner.call("GET", f"{path}?limit={good}"), 200, f"GET {path}?limit={good}")
    answer = owner.call("GET", f"{path}?limit={limit}")
    expect_status(answer, REFUSED, f"GET {path}?limit={limit}")
    expect_error(answer, f"GET {path}?limit={limit}")


def test_unknown_sort_is_refused(owner: User) -> None:
    for good in ("name", "stock", "created_at"):
        require_status(owner.list_items(sort=good), 200, f"listing with sort={good}")
    answer = owner.list_items(sort="colour")
    expect_status(answer, REFUSED, "listing with sort=colour")
    expect_error(answer, "Listing with sort=colour")


@pytest.mark.parametrize("path", ["/items", "/orders"], ids=["items", "orders"])
def test_impossible_cursor_is_refused(owner: User, path: str) -> None:
    require_status(owner.call("GET", path), 200, f"GET {path}")
    answer = owner.call("GET", f"{path}?cursor=%FF")
    expect_status(answer, REFUSED, f"GET {path}?cursor=%FF")
    expect_error(answer, f"GET {path}?cursor=%FF")


def test_orders_are_listed_in_the_order_of_time(owner: User, stranger: User, rng: random.Random) -> None:
    item = owner.has_item(rng, stock=50)
    placed = [stranger.has_order(rng, item)["id"] for _ in range(5)]
    for limit in (2, 200):
        seen = stranger.walks_orders(limit=limit)
        times = [moment(order.get("created_at")) for order in seen]
        expect(
            times == sorted(times),
            "Orders should be in the order of created_at, but are not.",
            observed=times,
        )
        expect_equal(
            len(set(ids(seen))), len(seen), f"The number of different orders in a walk with limit={limit}"
        )
        missing = [order for order in placed if order not in ids(seen)]
        expect(not missing, f"A walk with limit={limit} misses {len(missing)} of 5 orders.", observed=missing)


def test_orders_hold_their_item_with_its_present_name(
    owner: User, stranger: User, rng: random.Random
) -> None:
    item = owner.has_item(rng, stock=5, name="Old name")
    order = stranger.has_order(rng, item)
    for name in ("Old name", "New name"):
        require_status(owner.put_item(item["id"], {"name": name, "stock": 5}, "*"), 200, "changing an item")
        expected = {"id": item["id"], "sku": item.get("sku"), "name": name}
        single = stranger.get_order(order["id"]).object().get("item")
        listed = [other.get("item") for other in stranger.walks_orders() if other["id"] == order["id"]]
        for where, value in (("GET /orders/{id}", single), ("GET /orders", listed[0] if listed else None)):
            known = {key: value.get(key) for key in expected} if isinstance(value, dict) else value
            expect_equal(known, expected, f"The item in {where}")
