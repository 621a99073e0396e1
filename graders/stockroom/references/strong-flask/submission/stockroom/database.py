"""SQLite through SQLAlchemy Core.

`write` transactions are BEGIN IMMEDIATE and short. A lock in the process only keeps its own threads from polling
SQLite's lock against each other; correctness between processes is SQLite's.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import OperationalError

from stockroom.tables import metadata

BUSY_SECONDS = 8
START_SECONDS = 15.0


class Database:
    def __init__(self, url: str) -> None:
        self._engine = create_engine(
            url,
            connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
            # One for each thread at most, so that nobody waits for a connection.
            pool_size=16,
            max_overflow=64,
        )
        event.listen(self._engine, "connect", _configure)
        event.listen(self._engine, "begin", _begin)
        self._write_lock = threading.Lock()
        self._create()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Committed when the block ends well; rolled back when it raises."""
        with self._write_lock, self._engine.connect() as connection:
            immediate = connection.execution_options(begin="IMMEDIATE")
            with immediate.begin():
                yield immediate

    def _create(self) -> None:
        """Two instances may do this at the same time on an empty file."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with self.write() as connection:
                    metadata.create_all(connection)
                return
            except OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)


def _configure(raw: sqlite3.Connection, _: Any) -> None:
    # The driver does not open transactions on its own; _begin does.
    raw.isolation_level = None
    raw.execute("PRAGMA journal_mode=WAL")
    raw.execute("PRAGMA synchronous=NORMAL")
    raw.execute("PRAGMA foreign_keys=ON")


def _begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get("begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")
