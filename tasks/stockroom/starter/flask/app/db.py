"""A connection to the SQLite database of DATABASE_URL. No tables yet."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager


@contextmanager
def connect(path: str) -> Iterator[sqlite3.Connection]:
    """Commits when the block ends well, rolls back when it raises."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys=ON")
        yield connection
