"""The answers that follow from a submission's own `cleaned.csv`: so a wrong cell is not charged a second time."""

from datetime import datetime
from typing import Any

from generator.exact import money, rate, wilson
from generator.expected import Rates
from generator.model import UNKNOWN, World


def answers_of(rows: list[tuple[str, ...]], world: World) -> dict[str, list[dict[str, Any]]]:
    """q1 to q4 of rows with the columns of `cleaned.csv`. Raises `ValueError` for rows that are none."""
    rates = Rates(world)
    homes = {
        address.customer_id.upper(): address.country for address in world.addresses if address.is_primary
    }
    months: dict[str, int] = {}
    products: dict[str, int] = {}
    countries: dict[str, int] = {}
    regions: dict[str, list[int]] = {}
    for row in rows:
        _, customer, product, region, ordered, quantity, price, currency, discount, *_ = row
        quote = rates.of(currency, datetime.strptime(ordered, "%Y-%m-%dT%H:%M:%SZ"))
        if quote is None:
            raise ValueError(f"no rate for {currency} on {ordered}")
        units = int(quantity) * _hundredths(price) * (10_000 - _hundredths(discount)) * quote
        country = homes.get(customer) or UNKNOWN
        for totals, key in ((months, ordered[:7]), (products, product), (countries, country)):
            totals[key] = totals.get(key, 0) + units
        counts = regions.setdefault(region, [0, 0])
        counts[0] += 1
        counts[1] += int(quantity) < 0
    return {
        "q1": [{"month": month, "net_revenue_usd": money(months[month])} for month in sorted(months)],
        "q2": [
            {"product_id": name, "net_revenue_usd": money(products[name])} for name in _ranked(products)[:5]
        ],
        "q3": [_region(region, *regions[region]) for region in sorted(regions, key=str.encode)],
        "q4": [{"country": name, "net_revenue_usd": money(countries[name])} for name in _ranked(countries)],
    }


def headlines_of(answers: dict[str, Any]) -> dict[str, list[str]]:
    """What a report has to name of these answers. Data whose best values are equal once rounded are not for this."""
    found: dict[str, list[str]] = {"meta": [str(value) for value in answers.get("meta", {}).values()]}
    q1, q2, q3, q4 = (answers.get(question) or [] for question in ("q1", "q2", "q3", "q4"))
    if q1:
        best = max(q1, key=lambda row: float(row["net_revenue_usd"]))
        found["q1"] = [best["month"], best["net_revenue_usd"]]
    if q2:
        found["q2"] = [q2[0]["product_id"], q2[0]["net_revenue_usd"]]
    if q3:
        first = max(q3, key=lambda row: row["returned"] / row["orders"])
        found["q3"] = [first["region"], first["rate"]]
    if q4:
        found["q4"] = [q4[0]["country"], q4[0]["net_revenue_usd"]]
    return found


def _ranked(totals: dict[str, int]) -> list[str]:
    return sorted(totals, key=lambda name: (-totals[name], name.encode()))


def _region(region: str, orders: int, returned: int) -> dict[str, Any]:
    low, high = wilson(returned, orders)
    found = {"region": region, "orders": orders, "returned": returned, "rate": rate(returned, orders)}
    return {**found, "low": low, "high": high}


def _hundredths(text: str) -> int:
    whole, _, places = text.partition(".")
    if len(places) != 2:
        raise ValueError(f"{text} has not two places")
    return int(whole) * 100 + int(places)
