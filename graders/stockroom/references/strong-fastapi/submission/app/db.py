"""SQLite for two processes: short transactions, one writer thread a process, a few reader threads.

Writes start with BEGIN IMMEDIATE, so that nothing read inside a transaction can be stale when it is written.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeVar

from app.schema import SCHEMA

Args = ParamSpec("Args")
Result = TypeVar("Result")

BUSY_SECONDS = 8.0
START_SECONDS = 15.0
READERS = 4


class Database:
    def __init__(self, path: str) -> None:
        self._path = path
        self._local = threading.local()
        self._writer = ThreadPoolExecutor(1, "db-write")
        self._readers = ThreadPoolExecutor(READERS, "db-read")

    def prepare(self) -> None:
        """Creates what is missing; safe when several processes do it at once."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._create()
                return
            except sqlite3.OperationalError as error:
                # Switching to WAL answers "locked" without waiting for the busy time-out.
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    async def read(
        self,
        work: Callable[Concatenate[sqlite3.Connection, Args], Result],
        *args: Args.args,
        **kwargs: Args.kwargs,
    ) -> Result:
        """Runs `work` on a connection outside a transaction: every statement sees the latest commit."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, lambda: work(self._connection(), *args, **kwargs))

    async def write(
        self,
        work: Callable[Concatenate[sqlite3.Connection, Args], Result],
        *args: Args.args,
        **kwargs: Args.kwargs,
    ) -> Result:
        """Runs `work` in a write transaction; it is committed when this returns."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._writer, lambda: _in_transaction(self._connection(), lambda c: work(c, *args, **kwargs))
        )

    def close(self) -> None:
        self._writer.shutdown()
        self._readers.shutdown()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = _connect(self._path)
        return connection

    def _create(self) -> None:
        connection = _connect(self._path)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            _in_transaction(connection, _apply_schema)
        finally:
            connection.close()


def _connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys=ON")
    # In WAL mode a commit survives a killed process also without a sync for each one.
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def _apply_schema(connection: sqlite3.Connection) -> None:
    for statement in SCHEMA:
        connection.execute(statement)


def _in_transaction(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], Any]) -> Any:
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = work(connection)
        connection.execute("COMMIT")
        return result
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
