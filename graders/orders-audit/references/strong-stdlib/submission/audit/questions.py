"""The four questions, from exact revenues. Order and ties are decided before anything is rounded."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from audit.cleaning import Cleaned
from audit.fields import UNKNOWN
from audit.money import rate, usd, wilson
from audit.reference import Reference


@dataclass
class Answers:
    """What goes into `answers.json`, and per question what the report has to name: label and figure, if any."""

    json: dict[str, Any]
    headlines: dict[str, tuple[str, str] | None]


def answer(cleaned: Cleaned, reference: Reference) -> Answers:
    months: dict[str, int] = defaultdict(int)
    products: dict[str, int] = defaultdict(int)
    countries: dict[str, int] = defaultdict(int)
    orders: dict[str, int] = defaultdict(int)
    returned: dict[str, int] = defaultdict(int)
    total = 0
    for order in cleaned.orders.values():
        country = UNKNOWN
        if order.customer_id is not None:
            country = reference.countries.get(order.customer_id, UNKNOWN)
        months[order.ordered_at[:7]] += order.revenue
        products[order.product_id] += order.revenue
        countries[country] += order.revenue
        orders[order.region] += 1
        returned[order.region] += order.quantity < 0
        total += order.revenue

    q1 = [{"month": month, "net_revenue_usd": usd(months[month])} for month in sorted(months)]
    q2 = [
        {"product_id": product, "net_revenue_usd": usd(products[product])}
        for product in _highest_first(products)[:5]
    ]
    q3 = [_region(region, orders[region], returned[region]) for region in sorted(orders)]
    q4 = [
        {"country": country, "net_revenue_usd": usd(countries[country])}
        for country in _highest_first(countries)
    ]
    meta = {
        "rows_in": cleaned.rows_in,
        "rows_clean": len(cleaned.orders),
        "rows_rejected": len(cleaned.rejects),
        "duplicates_dropped": cleaned.duplicates,
        "total_net_revenue_usd": usd(total),
    }
    headlines = {
        "q1": _of_month(months),
        "q2": (q2[0]["product_id"], q2[0]["net_revenue_usd"]) if q2 else None,
        "q3": _of_region(orders, returned),
        "q4": (q4[0]["country"], q4[0]["net_revenue_usd"]) if q4 else None,
    }
    return Answers({"q1": q1, "q2": q2, "q3": q3, "q4": q4, "meta": meta}, headlines)


def _highest_first(totals: dict[str, int]) -> list[str]:
    return sorted(totals, key=lambda name: (-totals[name], name))


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


def _of_month(months: dict[str, int]) -> tuple[str, str] | None:
    if not months:
        return None
    best = min(months, key=lambda month: (-months[month], month))
    return best, usd(months[best])


def _of_region(orders: dict[str, int], returned: dict[str, int]) -> tuple[str, str] | None:
    best: str | None = None
    for region in sorted(orders):
        # Fractions are compared crosswise; the first of equals stays.
        if best is None or returned[region] * orders[best] > returned[best] * orders[region]:
            best = region
    return None if best is None else (best, rate(returned[best], orders[best]))
