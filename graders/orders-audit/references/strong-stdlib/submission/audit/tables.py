"""The tables among the outputs: csv files, the SQLite database, and the json of the answers."""

import csv
import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from audit.cleaning import Cleaned, Order
from audit.money import hundredths, usd
from audit.records import COLUMNS

CLEANED_COLUMNS = (*COLUMNS, "net_revenue_usd")


def write_csv(path: Path, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def write_cleaned(path: Path, cleaned: Cleaned) -> None:
    write_csv(path, CLEANED_COLUMNS, (_cells(order) for order in cleaned.in_order()))


def write_rejects(path: Path, cleaned: Cleaned) -> None:
    write_csv(path, ("source_file", "line", "reason"), sorted(cleaned.rejects))


def write_series(path: Path, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    """The points of a plot."""
    write_csv(path, columns, (row.values() for row in rows))


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def write_warehouse(path: Path, cleaned: Cleaned) -> None:
    """Money is text: a floating-point number could not hold every amount."""
    columns = ", ".join(
        f"{column} {'INTEGER' if column == 'quantity' else 'TEXT'}" for column in CLEANED_COLUMNS[1:]
    )
    marks = ", ".join("?" for _ in CLEANED_COLUMNS)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        # The file is thrown away if the run ends early, so it needs no journal.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        connection.execute(f"CREATE TABLE orders_clean (order_id TEXT PRIMARY KEY NOT NULL, {columns})")
        connection.executemany(
            f"INSERT INTO orders_clean VALUES ({marks})", (_cells(order) for order in cleaned.in_order())
        )
        connection.execute("COMMIT")


def _cells(order: Order) -> tuple[str | int | None, ...]:
    return (
        order.order_id,
        order.customer_id,
        order.product_id,
        order.region,
        order.ordered_at,
        order.quantity,
        hundredths(order.price_cents),
        order.currency,
        hundredths(order.discount),
        order.exported_at,
        usd(order.revenue),
    )
