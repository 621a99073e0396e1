"""The orders themselves, with their superseded versions, copies and faults, still free of any text."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from generator import faults
from generator.model import REASONS, Fault, Row, Version, World
from generator.profiles import Profile
from generator.vocabulary import order_id

_DISCOUNTS = (250, 500, 500, 750, 1000, 1000, 1250, 1500, 2000, 3333, 99, 5, 10_000)


class Orders:
    """Makes orders of a world. Numbers are handed out in order, so that ids never clash."""

    def __init__(self, profile: Profile, world: World, rng: Random, start: date, days: int) -> None:
        self.profile = profile
        self.world = world
        self.rng = rng
        self.start = datetime(start.year, start.month, start.day)
        self.days = days
        self.product_ids = sorted(product.product_id.upper() for product in world.products)
        self.customer_ids = sorted(customer.customer_id.upper() for customer in world.customers)
        self.regions = list(profile.words.regions)
        self.first_quotes: dict[str, date] = {}
        for rate in world.rates:
            known = self.first_quotes.get(rate.currency, rate.day)
            self.first_quotes[rate.currency] = min(known, rate.day)
        self._nulls = "R3" in profile.rules
        # Less than one percent looks like a fraction.
        self._discounts = [value for value in _DISCOUNTS if "R10" in profile.rules or value >= 100]
        self.rows: list[Row] = []
        self._orders = 0
        # Amounts that binary fractions cannot hold to the cent.
        self._huge = profile.huge and "R16" in profile.rules
        self.breaker = faults.Breaker(frozenset(self.product_ids), rng)
        self._reasons = [reason for reason in REASONS if faults.RULE_OF_REASON[reason] in profile.rules]

    def new_id(self) -> str:
        self._orders += 1
        return order_id(self.profile.words.order_style, self._orders)

    def add(self, version: Version, *found: Fault, trap: str = "") -> Row:
        row = Row(len(self.rows), version, found, (trap,) if trap else ())
        self.rows.append(row)
        return row

    def order(self) -> Version:
        """A new order like most of them."""
        rng = self.rng
        ordered_at = self.moment()
        return Version(
            order_id=self.new_id(),
            customer_id=self._customer(),
            product_id=rng.choice(self.product_ids),
            region=self._region(),
            ordered_at=ordered_at,
            quantity=self._quantity(),
            price_cents=self._price(),
            currency=rng.choice(("USD", "USD", "EUR", "EUR", "GBP")),
            discount=0 if rng.random() < 0.55 else rng.choice(self._discounts),
            exported_at=_rounded(rng, ordered_at + timedelta(days=2 + 40 * rng.random())),
        )

    def simple(self, **values: Any) -> Version:
        """An order of one piece at 100.00 USD, where possible without customer and region, with these values instead."""
        ordered_at = self.moment()
        plain = Version(
            order_id="",
            customer_id=None if self._nulls else self.customer_ids[0],
            product_id=self.product_ids[0],
            region=None if self._nulls else self.regions[0],
            ordered_at=ordered_at,
            quantity=1,
            price_cents=10_000,
            currency="USD",
            discount=0,
            exported_at=ordered_at + timedelta(days=9),
        )
        values.setdefault("order_id", self.new_id())
        return replace(plain, **values)

    def moment(self) -> datetime:
        """A time within the data set's months; midnights and full minutes are common."""
        seconds = int(self.rng.random() * self.days * 86_400)
        return _rounded(self.rng, self.start + timedelta(seconds=seconds))

    def fault(self, version: Version) -> tuple[Version, tuple[Fault, ...]]:
        """The version broken in one way, sometimes in several."""
        rng = self.rng
        if not self._reasons:
            return version, ()
        several = "R14" in self.profile.rules and rng.random() < 0.2
        reasons = rng.sample(self._reasons, min(len(self._reasons), 2 if several else 1))
        found: list[Fault] = []
        for reason in reasons:
            if reason == "no_fx_rate":
                version = self.without_rate(version)
            else:
                fault = self.breaker.fault(version, reason)
                if fault is not None and fault.column not in [other.column for other in found]:
                    found.append(fault)
        return version, tuple(found)

    def without_rate(self, version: Version) -> Version:
        """The version in a currency that was not quoted yet, by a day or by years."""
        rng = self.rng
        currency = rng.choice(("EUR", "GBP"))
        first = self.first_quotes[currency]
        opening = datetime(first.year, first.month, first.day)
        back = rng.choice(
            (timedelta(seconds=1), timedelta(hours=3), timedelta(days=30), timedelta(days=9000))
        )
        return replace(version, currency=currency, ordered_at=opening - back)

    def fill(self, count: int) -> None:
        """Adds about as many rows, and not fewer: orders, and what exports do to them."""
        goal = len(self.rows) + count
        profile, rng = self.profile, self.rng
        repeats = "R15" in profile.rules
        while len(self.rows) < goal:
            version = self.order()
            share = rng.random()
            if share < profile.faulty:
                broken, found = self.fault(version)
                self.add(broken, *found)
                continue
            share -= profile.faulty
            if repeats and share < profile.superseded:
                for other in self.versions(version):
                    self.add(other)
            elif repeats and share < profile.superseded + profile.copied:
                self.add(version)
                self.add(version)
            else:
                self.add(version)

    def versions(self, version: Version) -> Iterator[Version]:
        """The version and one or two others that are exported at other times and differ in something."""
        rng = self.rng
        times = [version.exported_at]
        yield version
        for _ in range(rng.choice((1, 1, 2))):
            shift = rng.choice((1, 60, 3600, 5 * 3600, 86_400, 9 * 86_400, -1, -60, -7200, -86_400))
            moment = version.exported_at + timedelta(seconds=shift)
            if moment in times:
                continue
            times.append(moment)
            other = self.order()
            change = rng.randrange(5)
            # Its own id is dropped: it is another version of the same order.
            if change == 0:
                other = replace(version, quantity=other.quantity)
            elif change == 1:
                other = replace(version, price_cents=other.price_cents)
            elif change == 2:
                other = replace(version, region=other.region, discount=other.discount)
            elif change == 3:
                other = replace(version, product_id=other.product_id, customer_id=other.customer_id)
            else:
                other = replace(other, order_id=version.order_id)
            yield replace(other, exported_at=moment)

    def _region(self) -> str | None:
        if self._nulls and self.rng.random() < 0.06:
            return None
        return self.rng.choice(self.regions)

    def _customer(self) -> str | None:
        share = self.rng.random()
        if share < 0.05 and self._nulls:
            return None
        if share < 0.09 and "Q4" in self.profile.rules:
            return f"X{self.rng.randrange(1000)}"
        return self.rng.choice(self.customer_ids)

    def _quantity(self) -> int:
        rng = self.rng
        if self._huge and rng.random() < 0.01:
            size = rng.choice((1_000_000, 999_999, 250_000))
        else:
            size = 1 + int(12 * rng.random() ** 2)
        return -size if rng.random() < 0.12 else size

    def _price(self) -> int:
        rng = self.rng
        share = rng.random()
        if self._huge and share < 0.02:
            return rng.choice((99_999_999_999, 12_345_678_901, 100_000_000_000 - 37, 0))
        if share < 0.2:
            return rng.choice((100, 500, 2_500, 100_000, 123_400, 250_000, 1_200_000))
        if share < 0.3:
            return 10 * rng.randint(1, 40_000)
        return int(5 + 50_000 * rng.random() ** 3)


def _rounded(rng: Random, moment: datetime) -> datetime:
    share = rng.random()
    if share < 0.15:
        return moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if share < 0.45:
        return moment.replace(second=0, microsecond=0)
    return moment.replace(microsecond=0)
