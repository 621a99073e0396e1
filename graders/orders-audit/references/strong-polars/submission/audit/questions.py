"""The four questions, each from the clean orders."""

from typing import Any

import polars as pl

from audit.numbers import ratio, usd, wilson

Leader = tuple[str, str] | None


def totals(orders: pl.DataFrame, key: str) -> list[tuple[str, int]]:
    """Names and exact revenues, the highest first, ties by name."""
    summed = orders.group_by(key).agg(pl.col("revenue").sum())
    return sorted(summed.rows(), key=lambda row: (-row[1], row[0]))


def by_month(orders: pl.DataFrame) -> tuple[list[dict[str, str]], Leader]:
    ranked = totals(orders.with_columns(month=pl.col("ordered_at").dt.strftime("%Y-%m")), "month")
    rows = [{"month": month, "net_revenue_usd": usd(units)} for month, units in sorted(ranked)]
    return rows, _leader(ranked)


def by_product(orders: pl.DataFrame) -> tuple[list[dict[str, str]], Leader]:
    ranked = totals(orders, "product_id")
    rows = [{"product_id": product, "net_revenue_usd": usd(units)} for product, units in ranked[:5]]
    return rows, _leader(ranked)


def by_country(orders: pl.DataFrame, addresses: pl.DataFrame) -> tuple[list[dict[str, str]], Leader]:
    homes = addresses.filter(pl.col("is_primary") == "1", pl.col("country") != "").select(
        pl.col("customer_id").str.to_uppercase(), "country"
    )
    placed = orders.join(homes, on="customer_id", how="left").with_columns(
        pl.col("country").fill_null("Unknown")
    )
    ranked = totals(placed, "country")
    return [{"country": country, "net_revenue_usd": usd(units)} for country, units in ranked], _leader(ranked)


def by_region(orders: pl.DataFrame) -> tuple[list[dict[str, Any]], Leader]:
    counted = (
        orders.group_by("region")
        .agg(orders=pl.len().cast(pl.Int64), returned=(pl.col("quantity") < 0).sum().cast(pl.Int64))
        .sort("region")
    )
    rows = []
    best: tuple[int, int] | None = None
    leader: Leader = None
    for region, size, returned in counted.rows():
        rate = ratio(returned, size)
        low, high = wilson(returned, size)
        rows.append(
            {"region": region, "orders": size, "returned": returned, "rate": rate, "low": low, "high": high}
        )
        if best is None or returned * best[1] > best[0] * size:
            best, leader = (returned, size), (region, rate)
    return rows, leader


def _leader(ranked: list[tuple[str, int]]) -> Leader:
    return (ranked[0][0], usd(ranked[0][1])) if ranked else None
