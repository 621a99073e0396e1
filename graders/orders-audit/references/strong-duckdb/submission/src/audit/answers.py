"""Reads the views of `answers.sql` into what goes to `answers.json` and into the report."""

from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any, NamedTuple

import duckdb

_Z = Decimal("1.959964")


class Answers(NamedTuple):
    json: dict[str, Any]
    best: dict[str, tuple[str, str] | None]


def read_answers(connection: duckdb.DuckDBPyConnection) -> Answers:
    q1 = _rows(connection, "SELECT month, usd(revenue) AS net_revenue_usd FROM q1")
    q2 = _rows(connection, "SELECT product_id, usd(revenue) AS net_revenue_usd FROM q2")
    q3 = _rows(connection, "SELECT region, orders, returned FROM q3")
    q4 = _rows(connection, "SELECT country, usd(revenue) AS net_revenue_usd FROM q4")
    for row in q3:
        row["rate"], row["low"], row["high"] = interval(row["returned"], row["orders"])
    clean, total = _one(connection, "SELECT count(*), usd(coalesce(sum(revenue), 0)::HUGEINT) FROM orders")
    (rejected,) = _one(connection, "SELECT count(*) FROM rejects")
    (dropped,) = _one(
        connection, "SELECT count(*) - (SELECT count(*) FROM orders) FROM judged WHERE reason IS NULL"
    )
    meta = {
        "rows_in": clean + rejected + dropped,
        "rows_clean": clean,
        "rows_rejected": rejected,
        "duplicates_dropped": dropped,
        "total_net_revenue_usd": total,
    }
    month = _rows(connection, "SELECT month, usd(revenue) FROM q1 ORDER BY revenue DESC, month LIMIT 1")
    best = {
        "q1": tuple(month[0].values()) if month else None,
        "q2": tuple(q2[0].values()) if q2 else None,
        "q3": _most_returned(q3),
        "q4": tuple(q4[0].values()) if q4 else None,
    }
    return Answers({"q1": q1, "q2": q2, "q3": q3, "q4": q4, "meta": meta}, best)


def interval(returned: int, orders: int) -> tuple[str, str, str]:
    """The rate and its 95 % Wilson score interval, each with four places."""
    with localcontext(Context(prec=40)):
        n, p, zz = Decimal(orders), Decimal(returned) / orders, _Z * _Z
        centre = (p + zz / (2 * n)) / (1 + zz / n)
        half = _Z / (1 + zz / n) * (p * (1 - p) / n + zz / (4 * n * n)).sqrt()
        return _places(p), _places(max(centre - half, Decimal(0))), _places(min(centre + half, Decimal(1)))


def _places(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.0001'), ROUND_HALF_UP):f}"


def _most_returned(rows: list[dict[str, Any]]) -> tuple[str, str] | None:
    best = None
    for row in rows:
        if best is None or row["returned"] * best["orders"] > best["returned"] * row["orders"]:
            best = row
    return None if best is None else (best["region"], best["rate"])


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    result = connection.execute(query)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row
