"""Traps that chance would plant too seldom: each adds a few orders whose result is known to move when a rule is missed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from generator import faults
from generator.model import MOST_QUANTITY, Fault
from generator.truth import Orders

SECOND = timedelta(seconds=1)


def halves(orders: Orders) -> None:
    """Revenues of exactly half a cent, both signs; months of their own show them in q1, rounded away from zero."""
    after = orders.start + timedelta(days=orders.days + 40)
    cases = (
        # 2.01 USD at half price is 1.005, which binary fractions take for less.
        (201, 5000, 1),
        (25, 5000, 1),
        (25, 5000, -1),
        (267, 5000, -1),
        (5, 1000, 1),
    )
    for number, (cents, discount, quantity) in enumerate(cases):
        ordered_at = after + timedelta(days=31 * number)
        version = orders.simple(
            price_cents=cents,
            discount=discount,
            quantity=quantity,
            ordered_at=ordered_at,
            exported_at=ordered_at + timedelta(days=1),
        )
        orders.add(version, trap="half-cent")


def boundaries(orders: Orders) -> None:
    """Orders in the first and the last second of a UTC month, and in the first and last years that occur."""
    first = next_month(orders.start)
    for moment in (first - SECOND, first, first + timedelta(hours=1), first - timedelta(hours=1)):
        version = replace(orders.order(), ordered_at=moment, exported_at=moment + timedelta(days=3))
        orders.add(version, trap="month-boundary")
    for moment in (datetime(1900, 3, 1, 12), datetime(2100, 6, 30, 23, 59, 59)):
        version = orders.simple(ordered_at=moment, exported_at=moment + timedelta(hours=20))
        orders.add(version, trap="far-year")


def quotes(orders: Orders) -> None:
    """The first day with a rate and the second before it; days without a rate; days after the last one."""
    last = max(rate.day for rate in orders.world.rates if rate.currency == "EUR")
    for currency in ("EUR", "GBP"):
        first = _midnight(orders.first_quotes[currency])
        for moment in (first, first - SECOND, _midnight(last) + timedelta(days=15)):
            version = replace(
                orders.order(),
                currency=currency,
                ordered_at=moment,
                exported_at=moment + timedelta(days=3),
            )
            orders.add(version, trap="first-rate")
    day = orders.start + timedelta(days=30)
    for offset in range(4):
        moment = day + timedelta(days=offset, hours=23, minutes=59)
        version = replace(
            orders.order(), currency="EUR", ordered_at=moment, exported_at=moment + timedelta(days=2)
        )
        orders.add(version, trap="rate-gap")


def latest(orders: Orders) -> None:
    """Versions of which the latest is not the one that looks so: by offsets, by position, and when the newest is bad."""
    for shift in (timedelta(seconds=1), timedelta(hours=11), timedelta(days=12)):
        old = orders.order()
        other = old.quantity + 1 if old.quantity < MOST_QUANTITY else 1
        new = replace(old, quantity=other or 1, exported_at=old.exported_at + shift)
        for version in (new, old):
            orders.add(version, trap="latest-export")
    if "R7" in orders.profile.rules:
        newest_is_bad(orders)


def newest_is_bad(orders: Orders) -> None:
    """The last export of an order is rejected, so the one before it counts."""
    survivor = orders.order()
    orders.add(survivor, trap="newest-is-bad")
    newest = replace(survivor, exported_at=survivor.exported_at + timedelta(days=5))
    orders.add(newest, Fault("bad_quantity", "quantity", "none!"), trap="newest-is-bad")


def several_reasons(orders: Orders) -> None:
    """Rows that break several rules at once; one of them in everything."""
    everything = []
    for reason in ("bad_discount", "bad_currency", "bad_price", "bad_quantity", "bad_timestamp"):
        if faults.RULE_OF_REASON[reason] not in orders.profile.rules:
            continue
        version = orders.order()
        fault = orders.breaker.fault(version, reason)
        unknown = Fault("unknown_product", "product_id", "NO SUCH PRODUCT")
        if fault is not None:
            everything.append(fault)
            orders.add(version, fault, unknown, trap="several-reasons")
            orders.add(version, *everything, trap="several-reasons")


def addresses(orders: Orders) -> None:
    """The customer with the most addresses buys something dear: a join that repeats the order shows at once."""
    counts: dict[str, int] = {}
    for address in orders.world.addresses:
        key = address.customer_id.upper()
        counts[key] = counts.get(key, 0) + 1
    if not counts:
        return
    busiest = max(sorted(counts), key=counts.__getitem__)
    orders.add(orders.simple(customer_id=busiest, quantity=7), trap="many-addresses")
    if "R3" in orders.profile.rules:
        orders.add(orders.simple(customer_id=None, quantity=3), trap="no-customer")
    orders.add(orders.simple(customer_id="NOBODY-1", quantity=2), trap="unknown-customer")


PLANTS: tuple[tuple[str, Callable[[Orders], None]], ...] = (
    ("R16", halves),
    ("R6", boundaries),
    ("R13", quotes),
    ("R15", latest),
    ("R14", several_reasons),
    ("Q4", addresses),
)


def plant(orders: Orders) -> None:
    for rule, function in PLANTS:
        if rule in orders.profile.rules:
            function(orders)


def next_month(moment: datetime) -> datetime:
    return (moment.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0)


def _midnight(day: object) -> datetime:
    return datetime.fromisoformat(f"{day}")
