"""Writes `reference.db`, with a view that nobody should use."""

import sqlite3
from pathlib import Path

from generator.model import World

_SCHEMA = """
CREATE TABLE customers (customer_id TEXT PRIMARY KEY, name TEXT, segment TEXT);
CREATE TABLE addresses (
    address_id INTEGER PRIMARY KEY, customer_id TEXT, country TEXT, is_primary INTEGER
);
CREATE TABLE products (product_id TEXT PRIMARY KEY, name TEXT, category TEXT);
CREATE TABLE fx_rates (date TEXT, currency TEXT, usd_per_unit TEXT, PRIMARY KEY (date, currency));
CREATE VIEW latest_fx_rates AS
    SELECT currency, max(date) AS date, usd_per_unit FROM fx_rates GROUP BY currency;
"""


def write_reference(world: World, path: Path) -> None:
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    try:
        connection.executescript(_SCHEMA)
        connection.executemany(
            "INSERT INTO customers VALUES (?, ?, ?)",
            [(found.customer_id, found.name, found.segment) for found in world.customers],
        )
        connection.executemany(
            "INSERT INTO addresses VALUES (?, ?, ?, ?)",
            [
                (found.address_id, found.customer_id, found.country, int(found.is_primary))
                for found in world.addresses
            ],
        )
        connection.executemany(
            "INSERT INTO products VALUES (?, ?, ?)",
            [(found.product_id, found.name, found.category) for found in world.products],
        )
        connection.executemany(
            "INSERT INTO fx_rates VALUES (?, ?, ?)",
            [(found.day.isoformat(), found.currency, found.text) for found in world.rates],
        )
        connection.commit()
    finally:
        connection.close()
