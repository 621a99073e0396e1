"""What the reference database says, read once. Ids are upper-cased, so that they compare in any case."""

import sqlite3
from bisect import bisect_right
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from audit.errors import UnusableInput

# Another process may hold the database locked for some seconds.
_LOCK_SECONDS = 60
_NEEDED = {
    "customers": ("customer_id", "name", "segment"),
    "addresses": ("address_id", "customer_id", "country", "is_primary"),
    "products": ("product_id", "name", "category"),
    "fx_rates": ("date", "currency", "usd_per_unit"),
}


@dataclass(frozen=True)
class Reference:
    products: frozenset[str]
    countries: dict[str, str]
    rates: dict[str, tuple[list[str], list[int]]]

    def rate(self, currency: str, day: str) -> int | None:
        """Millionths of a dollar for one unit on a day `YYYY-MM-DD`, or None before the first quote."""
        if currency == "USD":
            return 10**6
        days, values = self.rates.get(currency, ([], []))
        position = bisect_right(days, day)
        return values[position - 1] if position else None


def read_reference(path: Path) -> Reference:
    if not path.is_file():
        raise UnusableInput("reference.db is missing")
    try:
        uri = f"{path.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=_LOCK_SECONDS)) as connection:
            _check(connection)
            return Reference(_products(connection), _countries(connection), _rates(connection))
    except sqlite3.Error as error:
        raise UnusableInput(f"reference.db cannot be read: {error}") from error


def _check(connection: sqlite3.Connection) -> None:
    for table, columns in _NEEDED.items():
        found = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        if not found:
            raise UnusableInput(f"reference.db has no table {table}")
        for column in columns:
            if column not in found:
                raise UnusableInput(f"reference.db: table {table} has no column {column}")


def _products(connection: sqlite3.Connection) -> frozenset[str]:
    return frozenset(row[0].upper() for row in connection.execute("SELECT product_id FROM products"))


def _countries(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute("SELECT customer_id, country FROM addresses WHERE is_primary = 1")
    return {customer.upper(): country for customer, country in rows if country}


def _rates(connection: sqlite3.Connection) -> dict[str, tuple[list[str], list[int]]]:
    found: dict[str, tuple[list[str], list[int]]] = {}
    for day, currency, text in connection.execute(
        "SELECT date, currency, usd_per_unit FROM fx_rates ORDER BY date"
    ):
        days, values = found.setdefault(currency, ([], []))
        whole, _, places = text.partition(".")
        days.append(day)
        values.append(int(whole + places.ljust(6, "0")))
    return found
