"""SQLite, shared with other processes: short transactions in threads, so that the event loop never waits for a file."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

BUSY_SECONDS = 8.0
START_SECONDS = 15.0
THREADS = 6

# May run again on a database that has it all.
SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,  -- ASCII letters in lower case
    password TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS tokens (
    digest BLOB PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users,
    expires REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS tokens_expires ON tokens (expires);
CREATE TABLE IF NOT EXISTS items (
    id TEXT PRIMARY KEY,
    owner_id TEXT NOT NULL REFERENCES users,
    sku TEXT NOT NULL,
    name TEXT NOT NULL,
    stock INTEGER NOT NULL CHECK (stock >= 0),
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,  -- microseconds since 1970
    UNIQUE (owner_id, sku)
);
CREATE INDEX IF NOT EXISTS items_name ON items (name, id);
CREATE INDEX IF NOT EXISTS items_stock ON items (stock, id);
CREATE INDEX IF NOT EXISTS items_created_at ON items (created_at, id);
CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users,
    item_id TEXT NOT NULL REFERENCES items,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    unit_price_cents INTEGER NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS orders_user ON orders (user_id, created_at, id);
CREATE INDEX IF NOT EXISTS orders_item ON orders (item_id);
-- Without an order: in progress until `expires` (seconds since 1970), for the request `holder`.
CREATE TABLE IF NOT EXISTS order_keys (
    user_id TEXT NOT NULL REFERENCES users,
    key TEXT NOT NULL,
    digest BLOB NOT NULL,
    holder TEXT NOT NULL,
    expires REAL NOT NULL,
    order_id TEXT REFERENCES orders,
    PRIMARY KEY (user_id, key)
) WITHOUT ROWID;
"""


class Database:
    def __init__(self, path: str) -> None:
        self._path = path
        self._threads = ThreadPoolExecutor(THREADS, "sqlite")
        self._local = threading.local()
        # Writers of one process queue here instead of polling SQLite's lock; between processes that lock decides.
        self._writing = asyncio.Lock()

    async def read(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Each statement of `work` sees the latest commit."""
        return await self._run(lambda: work(self._connection()))

    async def write(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """`work` is one transaction; nothing that it reads can change meanwhile. Committed when this returns."""
        async with self._writing:
            return await self._run(lambda: _transaction(self._connection(), work))

    async def create(self) -> None:
        """Several processes may do this at once."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                await self._run(lambda: self._connection().execute("PRAGMA journal_mode = WAL"))
                await self.write(_apply_schema)
                return
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.02)

    def close(self) -> None:
        self._threads.shutdown()

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
            connection.row_factory = sqlite3.Row
            # In WAL mode a commit outlives a killed process also without a sync for each.
            connection.executescript("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL;")
            self._local.connection = connection
        return connection


def _transaction(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], Result]) -> Result:
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = work(connection)
        connection.execute("COMMIT")
        return result
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _apply_schema(connection: sqlite3.Connection) -> None:
    # `executescript` would commit on its own.
    for statement in SCHEMA.split(";\n"):
        connection.execute(statement)
