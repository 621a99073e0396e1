"""Rows to orders and rejects."""

import polars as pl

from audit import rules

_REQUIRED = ["order_id", "product_id", "ordered_at", "quantity", "unit_price", "currency", "exported_at"]
_MILLION = 10**6


def exchange_rates(table: pl.DataFrame) -> pl.DataFrame:
    """Day, currency and rate in millionths, sorted by day. The dollar has been worth a dollar for long."""
    parts = pl.col("usd_per_unit").str.split(".")
    places = parts.list.get(1, null_on_oob=True).fill_null("").str.pad_end(6, "0")
    quoted = table.filter(pl.col("currency") != "USD").select(
        day=pl.col("date").str.to_date("%Y-%m-%d"),
        currency=pl.col("currency"),
        rate=(parts.list.get(0) + places).cast(pl.Int64),
    )
    dollar = pl.DataFrame({"day": ["1700-01-01"], "currency": ["USD"], "rate": [_MILLION]})
    return pl.concat([dollar.with_columns(pl.col("day").str.to_date()), quoted]).sort("day")


def judge(rows: pl.DataFrame, products: pl.DataFrame, rates: pl.DataFrame) -> pl.DataFrame:
    """Each row with its values, its rate, and the first reason against it (null if there is none)."""
    known = products.select(pl.col("product_id").str.to_uppercase()).to_series().implode()
    values = rows.select(
        "file",
        "line",
        missing=pl.any_horizontal(rules.is_null(column) for column in _REQUIRED),
        order_id=rules.identifier("order_id"),
        customer_id=rules.identifier("customer_id"),
        product_id=rules.identifier("product_id"),
        region=rules.region(),
        ordered_at=rules.moment("ordered_at"),
        quantity=rules.quantity(),
        cents=rules.cents(),
        currency=rules.currency(),
        discount=rules.discount(),
        exported_at=rules.moment("exported_at"),
    )
    priced = (
        values.with_columns(day=pl.col("ordered_at").dt.date())
        .sort("day", nulls_last=True)
        .join_asof(rates, on="day", by="currency", strategy="backward", check_sortedness=False)
    )
    reason = (
        pl.when("missing")
        .then(pl.lit("missing_field"))
        .when(pl.col("ordered_at").is_null() | pl.col("exported_at").is_null())
        .then(pl.lit("bad_timestamp"))
        .when(pl.col("quantity").is_null())
        .then(pl.lit("bad_quantity"))
        .when(pl.col("cents").is_null())
        .then(pl.lit("bad_price"))
        .when(pl.col("currency").is_null())
        .then(pl.lit("bad_currency"))
        .when(pl.col("discount").is_null())
        .then(pl.lit("bad_discount"))
        .when(~pl.col("product_id").is_in(known))
        .then(pl.lit("unknown_product"))
        .when(pl.col("rate").is_null())
        .then(pl.lit("no_fx_rate"))
    )
    return priced.with_columns(reason=reason)


def latest(judged: pl.DataFrame) -> pl.DataFrame:
    """One row for each order, sorted by id. `revenue` is exact, in 10⁻¹² USD: it needs up to 94 bits."""
    revenue = (
        pl.col("quantity").cast(pl.Int128) * pl.col("cents") * (10_000 - pl.col("discount")) * pl.col("rate")
    )
    return (
        judged.filter(pl.col("reason").is_null())
        .sort("order_id", "exported_at")
        .unique("order_id", keep="last", maintain_order=True)
        .with_columns(revenue=revenue)
        .drop("missing", "reason", "rate", "day", "file", "line")
    )
