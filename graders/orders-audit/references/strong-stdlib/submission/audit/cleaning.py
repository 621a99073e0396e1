"""From records to orders: why a row is rejected, and which of several rows with one id counts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from audit import fields
from audit.money import revenue_units
from audit.records import Part, records_of
from audit.reference import Reference

Value = TypeVar("Value")
# Values repeat a lot; a cache that is full starts anew.
_CACHED = 100_000


class Order(NamedTuple):
    """A clean row. Money is in cents, the discount in hundredths of a percent, revenue in 10⁻¹² USD."""

    order_id: str
    customer_id: str | None
    product_id: str
    region: str
    ordered_at: str
    quantity: int
    price_cents: int
    currency: str
    discount: int
    exported_at: str
    revenue: int


class Reject(NamedTuple):
    file: str
    line: int
    reason: str


@dataclass
class Cleaned:
    orders: dict[str, Order] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    duplicates: int = 0

    @property
    def rows_in(self) -> int:
        return len(self.orders) + len(self.rejects) + self.duplicates

    def in_order(self) -> Iterator[Order]:
        # Code points sort like their UTF-8 bytes.
        return (self.orders[order_id] for order_id in sorted(self.orders))


class Rejected(Exception):
    """Carries the reason as its only argument."""


def clean(parts: list[Part], reference: Reference) -> Cleaned:
    cleaner = _Cleaner(reference)
    found = Cleaned()
    for part in parts:
        name = part.path.name
        for line, cells in records_of(part):
            try:
                order = cleaner.order(cells)
            except Rejected as rejected:
                found.rejects.append(Reject(name, line, rejected.args[0]))
                continue
            known = found.orders.get(order.order_id)
            if known is None:
                found.orders[order.order_id] = order
                continue
            found.duplicates += 1
            if order.exported_at > known.exported_at:
                found.orders[order.order_id] = order
    return found


class _Cleaner:
    """Applies the rules to one record at a time."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._is_null = _cached(fields.is_null)
        self._upper = _cached(str.upper)
        self._region = _cached(fields.region)
        self._quantity = _cached(fields.quantity)
        self._price = _cached(fields.price)
        self._currency = _cached(fields.currency)
        self._discount = _cached(fields.discount)
        self._rates: dict[tuple[str, str], int | None] = {}

    def order(self, cells: list[str] | None) -> Order:
        """The checks stand in the order in which the reasons apply."""
        if cells is None:
            raise Rejected("unparsable")
        order_id, customer, product, region, ordered, quantity, price, currency, discount, exported = cells
        is_null = self._is_null
        if (
            fields.is_null(order_id)
            or is_null(product)
            or fields.is_null(ordered)
            or is_null(quantity)
            or is_null(price)
            or is_null(currency)
            or fields.is_null(exported)
        ):
            raise Rejected("missing_field")
        ordered_at = _required(fields.moment, ordered, "bad_timestamp")
        exported_at = _required(fields.moment, exported, "bad_timestamp")
        number = _required(self._quantity, quantity, "bad_quantity")
        cents = _required(self._price, price, "bad_price")
        code = _required(self._currency, currency, "bad_currency")
        percent = _required(self._discount, discount, "bad_discount")
        product_id = self._upper(product)
        if product_id not in self._reference.products:
            raise Rejected("unknown_product")
        rate = self._rate(code, ordered_at[:10])
        if rate is None:
            raise Rejected("no_fx_rate")
        return Order(
            order_id=order_id.upper(),
            customer_id=None if is_null(customer) else self._upper(customer),
            product_id=product_id,
            region=self._region(region),
            ordered_at=ordered_at,
            quantity=number,
            price_cents=cents,
            currency=code,
            discount=percent,
            exported_at=exported_at,
            revenue=revenue_units(number, cents, percent, rate),
        )

    def _rate(self, currency: str, day: str) -> int | None:
        key = (currency, day)
        if key not in self._rates:
            self._rates[key] = self._reference.rate(currency, day)
        return self._rates[key]


def _required(rule: Callable[[str], Value], text: str, reason: str) -> Value:
    try:
        return rule(text)
    except ValueError:
        # `BadField`, or a number with more digits than `int` reads.
        raise Rejected(reason) from None


def _cached(rule: Callable[[str], Value]) -> Callable[[str], Value]:
    known: dict[str, Value] = {}

    def cached(text: str) -> Value:
        try:
            return known[text]
        except KeyError:
            value = rule(text)
            if len(known) >= _CACHED:
                known.clear()
            known[text] = value
            return value

    return cached
