"""What a correct submission writes, from the truth and the rules alone: no text of a csv part is read here."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from generator.exact import cents_of, hundredths, money, rate, wilson
from generator.faults import first_reason
from generator.layout import Layout
from generator.model import RATE_UNIT, UNKNOWN, Dressing, Placed, Version, World


@dataclass(frozen=True)
class Corruption:
    """A line of the log: what was done to which order, where it stands, and the rule that it belongs to."""

    file: str
    line: int
    order_id: str
    column: str
    kind: str
    rule: str


class Clean(NamedTuple):
    """An order that counts, and its revenue in units of 10⁻¹² USD."""

    placed: Placed
    units: int

    def cells(self) -> tuple[str, ...]:
        """Its row of `cleaned.csv`, as text; null is the empty text."""
        version = self.placed.row.version
        return (
            version.order_id,
            version.customer_id or "",
            version.product_id,
            version.region or UNKNOWN,
            version.ordered_at.isoformat() + "Z",
            str(version.quantity),
            hundredths(version.price_cents),
            version.currency,
            hundredths(version.discount),
            version.exported_at.isoformat() + "Z",
            money(self.units),
        )

    def values(self) -> tuple[str | int | float | None, ...]:
        """The same as a database holds it, if it has types for numbers; fractions as near as binary ones can be."""
        version = self.placed.row.version
        return (
            version.order_id,
            version.customer_id,
            version.product_id,
            version.region or UNKNOWN,
            version.ordered_at.isoformat() + "Z",
            version.quantity,
            version.price_cents / 100,
            version.currency,
            version.discount / 100,
            version.exported_at.isoformat() + "Z",
            cents_of(self.units) / 100,
        )


class Rates:
    """The rate of a currency on a day (R13), in millionths."""

    def __init__(self, world: World) -> None:
        table: dict[str, list[tuple[int, int]]] = {}
        for quote in world.rates:
            table.setdefault(quote.currency, []).append((quote.day.toordinal(), quote.millionths))
        self._days: dict[str, list[int]] = {}
        self._values: dict[str, list[int]] = {}
        for currency, quotes in table.items():
            quotes.sort()
            self._days[currency] = [day for day, _ in quotes]
            self._values[currency] = [value for _, value in quotes]

    def of(self, currency: str, day: date) -> int | None:
        if currency == "USD":
            return RATE_UNIT
        position = bisect_right(self._days.get(currency, []), day.toordinal())
        return self._values[currency][position - 1] if position else None


class Expected:
    """The expected results of one data set. Everything is computed when it is first asked for."""

    def __init__(self, world: World, layout: Layout) -> None:
        self._world = world
        self._layout = layout
        self._rates = Rates(world)

    @cached_property
    def _sorted_out(self) -> tuple[dict[str, Clean], list[tuple[str, int, str]], list[Placed]]:
        """The orders that count by id, in its order, the rejects, and the duplicates."""
        kept: dict[str, Clean] = {}
        rejects: list[tuple[str, int, str]] = []
        dropped: list[Placed] = []
        for part in self._layout.parts:
            for placed in part.placed:
                version = placed.row.version
                reason = first_reason(placed.row.faults) if placed.row.faults else None
                if reason is None:
                    quote = self._rates.of(version.currency, version.ordered_at)
                    if quote is None:
                        reason = "no_fx_rate"
                if reason is not None:
                    rejects.append((placed.file, placed.line, reason))
                    continue
                assert quote is not None
                units = version.quantity * version.price_cents * (10_000 - version.discount) * quote
                candidate = Clean(placed, units)
                known = kept.get(version.order_id)
                if known is None:
                    kept[version.order_id] = candidate
                elif known.placed.row.version.exported_at < version.exported_at:
                    kept[version.order_id] = candidate
                    dropped.append(known.placed)
                else:
                    dropped.append(placed)
        # Texts compare by code points, which is the order of their UTF-8 bytes.
        rejects.sort()
        return dict(sorted(kept.items())), rejects, dropped

    @property
    def clean(self) -> dict[str, Clean]:
        return self._sorted_out[0]

    @property
    def rejects(self) -> list[tuple[str, int, str]]:
        """File, line and reason, sorted by file and line."""
        return self._sorted_out[1]

    @property
    def duplicates(self) -> list[Placed]:
        """The rows that were dropped. Of rows that are equal after cleaning, which one is kept does not matter."""
        return self._sorted_out[2]

    def cleaned(self) -> Iterator[tuple[str, ...]]:
        """The rows of `cleaned.csv`, as text, in order; null is the empty text."""
        for found in self.clean.values():
            yield found.cells()

    @cached_property
    def answers(self) -> dict[str, Any]:
        totals = self._totals
        # Exact values decide, ties go to the smaller id or name.
        products = sorted(totals.products.items(), key=lambda item: (-item[1], item[0].encode()))
        countries = sorted(totals.countries.items(), key=lambda item: (-item[1], item[0].encode()))
        return {
            "q1": [
                {"month": month, "net_revenue_usd": money(units)}
                for month, units in sorted(totals.months.items())
            ],
            "q2": [
                {"product_id": product, "net_revenue_usd": money(units)} for product, units in products[:5]
            ],
            "q3": [
                _region(region, *counts)
                for region, counts in sorted(totals.regions.items(), key=lambda item: item[0].encode())
            ],
            "q4": [{"country": country, "net_revenue_usd": money(units)} for country, units in countries],
            "meta": {
                "rows_in": sum(part.records for part in self._layout.parts),
                "rows_clean": len(self.clean),
                "rows_rejected": len(self.rejects),
                "duplicates_dropped": len(self.duplicates),
                "total_net_revenue_usd": money(totals.everything),
            },
        }

    @cached_property
    def headlines(self) -> dict[str, list[str]]:
        """What `report.md` has to name for each question; nothing where a list is empty."""
        answers, totals = self.answers, self._totals
        found: dict[str, list[str]] = {"meta": [str(value) for value in answers["meta"].values()]}
        for question in ("q1", "q2", "q3", "q4"):
            found[question] = []
        if not totals.months:
            return found
        best = max(sorted(totals.months), key=totals.months.__getitem__)
        found["q1"] = [best, money(totals.months[best])]
        found["q2"] = list(answers["q2"][0].values())
        # The highest rate as a fraction: a/b > c/d is a·d > c·b. The first of equals stays.
        rows = answers["q3"]
        leader = rows[0]
        for row in rows[1:]:
            if row["returned"] * leader["orders"] > leader["returned"] * row["orders"]:
                leader = row
        found["q3"] = [leader["region"], leader["rate"]]
        found["q4"] = list(answers["q4"][0].values())
        return found

    @property
    def corruptions(self) -> Iterator[Corruption]:
        """The log: every dressing, every fault, every duplicate and every trap."""
        for part in self._layout.parts:
            for placed in part.placed:
                row = placed.row
                place = (placed.file, placed.line, row.version.order_id)
                for dressing in self._layout.log.get(row.number, ()):
                    yield Corruption(*place, dressing.column, dressing.kind, dressing.rule)
                for fault in row.faults:
                    yield Corruption(*place, fault.column, fault.reason, "R14")
                for trap in row.traps:
                    yield Corruption(*place, "", trap, "")
        for placed in self.duplicates:
            place = (placed.file, placed.line, placed.row.version.order_id)
            yield Corruption(*place, "", "duplicate", "R15")

    def dressings(self, order_id: str) -> list[Dressing]:
        """How the row of an order that counts was spelled."""
        return self._layout.log.get(self.clean[order_id].placed.row.number, [])

    @cached_property
    def _totals(self) -> "_Totals":
        totals = _Totals()
        countries = {
            address.customer_id.upper(): address.country
            for address in self._world.addresses
            if address.is_primary
        }
        for found in self.clean.values():
            version, units = found.placed.row.version, found.units
            country = countries.get(version.customer_id or "") or UNKNOWN
            totals.add(version, country, units)
        return totals


class _Totals:
    def __init__(self) -> None:
        self.everything = 0
        self.months: dict[str, int] = {}
        self.products: dict[str, int] = {}
        self.countries: dict[str, int] = {}
        self.regions: dict[str, tuple[int, int]] = {}

    def add(self, version: Version, country: str, units: int) -> None:
        self.everything += units
        month = f"{version.ordered_at.year:04d}-{version.ordered_at.month:02d}"
        self.months[month] = self.months.get(month, 0) + units
        self.products[version.product_id] = self.products.get(version.product_id, 0) + units
        self.countries[country] = self.countries.get(country, 0) + units
        region = version.region or UNKNOWN
        orders, returned = self.regions.get(region, (0, 0))
        self.regions[region] = (orders + 1, returned + (version.quantity < 0))


def _region(region: str, orders: int, returned: int) -> dict[str, Any]:
    low, high = wilson(returned, orders)
    return {
        "region": region,
        "orders": orders,
        "returned": returned,
        "rate": rate(returned, orders),
        "low": low,
        "high": high,
    }
