"""The `edge` data sets: one month, ties, near ties, zero totals, groups without a clean order. The seed picks a variant."""

from dataclasses import replace
from datetime import timedelta

from generator.model import Address, Customer, Fault, Version, World
from generator.plants import SECOND, next_month
from generator.truth import Orders

_EDGE_CUSTOMERS = {"Tie Land B": "E-1", "Tie Land A": "E-2", "Zero Land": "E-3", "Half Land": "E-4"}
VARIANTS = ("ties", "few-products", "returns-only", "nothing-clean")
_SCALE = 10**6


def build(orders: Orders, variant: str, count: int) -> None:
    """All orders are in USD, so that totals can be steered to the millionth."""
    if variant == "nothing-clean":
        for _ in range(max(count, 4)):
            orders.add(
                orders.simple(), Fault("bad_quantity", "quantity", orders.rng.choice(("0", "none!", "1.5")))
            )
        return
    if variant == "returns-only":
        for _ in range(max(count, 4)):
            orders.add(orders.simple(quantity=-orders.rng.randint(1, 4), region="Returned Goods"))
        return
    used = orders.product_ids
    if variant == "ties":
        fillers, special = used[: len(used) - 7], used[len(used) - 7 :]
    else:
        fillers, special = used, []
    _filler(orders, fillers, max(count - 90, 10))
    _regions(orders, fillers[0])
    _countries(orders, fillers[0])
    _month_ends(orders, fillers[0])
    if special:
        _products(orders, special)
    _half_cent_total(orders, fillers[0])


def with_edge_customers(world: World) -> World:
    """The world with customers whose two countries tie, and others whose countries come to nearly nothing."""
    countries = tuple(_EDGE_CUSTOMERS)
    customers = tuple(Customer(_EDGE_CUSTOMERS[country], "Edge Case", "public") for country in countries)
    numbers = range(900_001, 900_001 + len(countries))
    primary = tuple(
        Address(number, customer.customer_id, country, True)
        for number, customer, country in zip(numbers, customers, countries, strict=True)
    )
    return replace(world, customers=world.customers + customers, addresses=world.addresses + primary)


def millionths(version: Version) -> int:
    """The revenue of an order in USD, in units of 10⁻⁶."""
    return version.quantity * version.price_cents * (10_000 - version.discount)


def _filler(orders: Orders, products: list[str], count: int) -> None:
    rng = orders.rng
    first = len(orders.rows)
    while len(orders.rows) - first < count:
        version = replace(
            orders.order(), currency="USD", product_id=rng.choice(products), price_cents=rng.randint(1, 900)
        )
        if rng.random() < orders.profile.faulty:
            broken, found = orders.fault(version)
            orders.add(broken, *found)
        elif "R15" in orders.profile.rules and rng.random() < 0.08:
            orders.add(version)
            orders.add(replace(version, exported_at=version.exported_at - timedelta(days=1), quantity=77))
        else:
            orders.add(version)


def _regions(orders: Orders, product: str) -> None:
    """Equal rates, a rate that is half a unit in the last place, only returns, only one order, nothing but rejects."""
    for region, size, returned in (
        ("Rate Tie B", 8, 2),
        ("Rate Tie A", 4, 1),
        ("Half Place", 32, 1),
        ("Only Returns", 3, 3),
        ("Also Returns", 2, 2),
        ("Single", 1, 0),
    ):
        for number in range(size):
            quantity = -1 if number < returned else 1
            orders.add(orders.simple(product_id=product, region=region, quantity=quantity, price_cents=150))
    for _ in range(3):
        version = orders.simple(product_id=product, region="Nothing Clean")
        orders.add(version, Fault("bad_price", "unit_price", "free"), trap="region-without-clean-orders")


def _countries(orders: Orders, product: str) -> None:
    for country, cents in (
        ("Tie Land A", (12_345, 5_000)),
        ("Tie Land B", (17_345,)),
        ("Zero Land", (4_200,)),
    ):
        for price in cents:
            customer = _EDGE_CUSTOMERS[country]
            orders.add(orders.simple(product_id=product, customer_id=customer, price_cents=price))
            if country == "Zero Land":
                # A thousandth below zero, which is written as 0.00.
                orders.add(
                    orders.simple(product_id=product, customer_id=customer, price_cents=price, quantity=-1)
                )
                orders.add(
                    orders.simple(
                        product_id=product, customer_id=customer, price_cents=1, quantity=-1, discount=9000
                    )
                )
    half = _EDGE_CUSTOMERS["Half Land"]
    orders.add(
        orders.simple(product_id=product, customer_id=half, price_cents=25, discount=5000, quantity=-1)
    )


def _month_ends(orders: Orders, product: str) -> None:
    last = next_month(orders.start) - SECOND
    for moment in (orders.start, last):
        version = orders.simple(
            product_id=product, ordered_at=moment, exported_at=moment + timedelta(days=2), price_cents=333
        )
        orders.add(version, trap="month-boundary")


def _products(orders: Orders, special: list[str]) -> None:
    """The five first products: a tie, a near tie below the cent in which the larger id leads, and a tie for rank five."""
    size = sum(abs(millionths(row.version)) for row in orders.rows)
    top = (size // (1000 * _SCALE) + 1) * 1000 * 100
    exact_a, exact_b, near_a, near_b, fifth_a, fifth_b, zero = special
    one, two = 2 * top + 100_000, top + 50_000
    for product, cents in ((exact_b, (3 * top,)), (exact_a, (2 * top, top))):
        _sell(orders, product, *cents)
    _sell(orders, near_a, one)
    _sell(orders, near_b, one)
    # 0.001 and 0.004 more: alike once they are rounded.
    _sell(orders, near_a, 1, discount=9000)
    _sell(orders, near_b, 4, discount=9000)
    _sell(orders, fifth_b, two)
    _sell(orders, fifth_a, two - 100, 100)
    orders.add(orders.simple(product_id=zero, price_cents=0, quantity=3), trap="zero-revenue")
    orders.add(orders.simple(product_id=zero, discount=10_000, quantity=-2), trap="zero-revenue")


def _sell(orders: Orders, product: str, *prices: int, discount: int = 0) -> None:
    for cents in prices:
        version = orders.simple(product_id=product, price_cents=cents, discount=discount)
        orders.add(version, trap="product-tie")


def _half_cent_total(orders: Orders, product: str) -> None:
    """One more order, after which the month's total, of the rows that count, ends in exactly half a cent."""
    counted: dict[str, Version] = {}
    for row in orders.rows:
        if row.faults:
            continue
        version = row.version
        known = counted.get(version.order_id)
        if known is None or known.exported_at < version.exported_at:
            counted[version.order_id] = version
    total = sum(millionths(version) for version in counted.values())
    wanted = (5_000 - total) % 10_000
    if total <= 0 or not 0 < wanted < 10_000:
        return
    # One cent at a discount of d hundredths of a percent is 10000 less d millionths.
    orders.add(
        orders.simple(product_id=product, price_cents=1, discount=10_000 - wanted), trap="half-cent-total"
    )
