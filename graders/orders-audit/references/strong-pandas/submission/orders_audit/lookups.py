"""The reference data as frames."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pandas as pd

from orders_audit.errors import CannotUse

_QUERIES = {
    "customers": "SELECT customer_id, name, segment FROM customers",
    "addresses": "SELECT address_id, customer_id, country, is_primary FROM addresses",
    "products": "SELECT product_id, name, category FROM products",
    "fx_rates": "SELECT date, currency, usd_per_unit FROM fx_rates",
}
# How long somebody else's lock on the database is waited for.
_PATIENCE = 45.0
MILLION = 10**6


@dataclass
class Lookups:
    """`rates` has day, currency and rate (millionths of a dollar), sorted by day; `countries` is by upper-case id."""

    product_ids: set[str]
    countries: dict[str, str]
    rates: pd.DataFrame


def read_lookups(path: Path) -> Lookups:
    if not path.is_file():
        raise CannotUse("reference.db is missing")
    tables: dict[str, pd.DataFrame] = {}
    address = "file:" + str(path.resolve()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    try:
        with closing(sqlite3.connect(f"{address}?mode=ro", uri=True, timeout=_PATIENCE)) as connection:
            for name, query in _QUERIES.items():
                cursor = connection.execute(query)
                columns = [column[0] for column in cursor.description]
                tables[name] = pd.DataFrame(cursor.fetchall(), columns=columns, dtype=object)
    except sqlite3.Error as error:
        raise CannotUse(f"reference.db: {error}") from error
    return Lookups(
        product_ids={product.upper() for product in tables["products"]["product_id"]},
        countries=_countries(tables["addresses"]),
        rates=_rates(tables["fx_rates"]),
    )


def _countries(addresses: pd.DataFrame) -> dict[str, str]:
    primary = addresses[addresses["is_primary"] == 1]
    pairs = zip(primary["customer_id"], primary["country"], strict=True)
    return {customer.upper(): country for customer, country in pairs if country}


def _rates(table: pd.DataFrame) -> pd.DataFrame:
    rates = pd.DataFrame(
        {
            "day": pd.to_datetime(table["date"].astype("str"), format="%Y-%m-%d").astype("datetime64[s]"),
            "currency": table["currency"].astype("str"),
            "rate": [int(Decimal(text) * MILLION) for text in table["usd_per_unit"]],
        }
    ).astype({"rate": "int64"})
    # A dollar is a dollar, whatever the table says.
    rates = rates[rates["currency"] != "USD"]
    dollar = pd.DataFrame({"day": pd.Series(["1800-01-01"], dtype="datetime64[s]"), "currency": ["USD"]})
    dollar["rate"] = MILLION
    return pd.concat([dollar, rates], ignore_index=True).sort_values("day", ignore_index=True)
