"""The four questions."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pandas as pd

from orders_audit.clean import Outcome
from orders_audit.exact import ratio, usd, wilson
from orders_audit.lookups import Lookups
from orders_audit.rules import UNKNOWN

Totals = dict[str, int]


@dataclass
class Findings:
    """The content of `answers.json`, and the label and figure that lead each question, if there are any."""

    answers: dict[str, Any]
    leaders: dict[str, tuple[str, str] | None]


def find(outcome: Outcome, lookups: Lookups) -> Findings:
    orders = outcome.orders
    months = _totals(orders, orders["ordered_at"].dt.strftime("%Y-%m"))
    products = _totals(orders, orders["product_id"])
    countries = _totals(orders, orders["customer_id"].map(lookups.countries).fillna(UNKNOWN))
    returned = (orders["quantity"] < 0).groupby(orders["region"].astype(object)).agg(["size", "sum"])
    shares = {region: Fraction(int(row["sum"]), int(row["size"])) for region, row in returned.iterrows()}

    q1 = [{"month": month, "net_revenue_usd": usd(months[month])} for month in sorted(months)]
    q2 = [{"product_id": product, "net_revenue_usd": usd(units)} for product, units in _ranked(products)[:5]]
    q3 = [
        _region(region, shares[region], int(row["size"]), int(row["sum"]))
        for region, row in returned.sort_index().iterrows()
    ]
    q4 = [{"country": country, "net_revenue_usd": usd(units)} for country, units in _ranked(countries)]
    meta = {
        "rows_in": outcome.rows_in,
        "rows_clean": len(orders),
        "rows_rejected": len(outcome.rejects),
        "duplicates_dropped": outcome.duplicates,
        "total_net_revenue_usd": usd(sum(orders["revenue"])),
    }
    leaders = {
        "q1": _leader(months, usd),
        "q2": _leader(products, usd),
        "q3": _leader(shares, ratio),
        "q4": _leader(countries, usd),
    }
    return Findings({"q1": q1, "q2": q2, "q3": q3, "q4": q4, "meta": meta}, leaders)


def _totals(orders: pd.DataFrame, key: pd.Series) -> Totals:
    """Exact sums: object columns add as Python integers."""
    sums = orders["revenue"].groupby(key.astype(object)).sum()
    return {str(name): int(units) for name, units in sums.items()}


def _ranked(totals: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted(totals.items(), key=lambda item: (-item[1], item[0]))


def _leader(totals: dict[str, Any], shown: Any) -> tuple[str, str] | None:
    if not totals:
        return None
    name, value = _ranked(totals)[0]
    return name, shown(value)


def _region(region: str, share: Fraction, size: int, returned: int) -> dict[str, Any]:
    low, high = wilson(share, size)
    return {
        "region": region,
        "orders": size,
        "returned": returned,
        "rate": ratio(share),
        "low": ratio(low),
        "high": ratio(high),
    }
