"""Reads files that somebody else wrote: bounded in size, time and depth, never executed.

Whatever is wrong with a file is an `Unreadable` with the reason: a finding, and never an end of the suite.
"""

import codecs
import csv
import io
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from takehome_suite import strict_json

_MOST_BYTES = 400_000_000
# Of a report only so much is searched; a run's own words need less.
_MOST_TEXT = 4_000_000
_DATABASE_SECONDS = 20.0
_STEPS = 100_000
# The largest data set has 500,000 rows.
_MOST_ROWS = 600_000


class Unreadable(ValueError):
    """A file is not what it should be; the message says why."""


def read_bytes(path: Path, most: int = _MOST_BYTES) -> bytes:
    if not path.is_file():
        raise Unreadable("it is missing, or no plain file of a sensible size")
    if path.stat().st_size > most:
        raise Unreadable(f"it has more than {most} bytes")
    return path.read_bytes()


def read_text(path: Path, most: int = _MOST_TEXT) -> str:
    return _require_utf8(read_bytes(path, most))


def _require_utf8(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is not UTF-8: {error.reason} at byte {error.start}") from None


def read_csv(path: Path) -> tuple[list[str], list[tuple[str, ...]]]:
    """The header and the rows, which may have another number of fields. An empty line is a row with one empty field."""
    data = read_bytes(path)
    if data.startswith(codecs.BOM_UTF8):
        raise Unreadable("it begins with a BOM")
    _require_utf8(data)
    # Decoded bit by bit: beside the rows, the whole text would take as much again as they do.
    lines = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")
    try:
        # Tuples of texts are smaller, and nothing that the garbage collector has to look at again and again.
        rows = [tuple(row) or ("",) for row in csv.reader(lines, strict=True)]
    except csv.Error as error:
        raise Unreadable(f"it is no well-formed csv: {error}") from None
    if not rows:
        raise Unreadable("it is empty")
    return list(rows[0]), rows[1:]


def read_json(path: Path) -> dict[str, Any]:
    """An object; NaN, Infinity and names that stand there twice are no JSON to rely on."""
    try:
        found = strict_json.loads(read_text(path))
    except Unreadable:
        raise
    except ValueError as error:
        raise Unreadable(str(error)[:200]) from None
    if not isinstance(found, dict):
        raise Unreadable("it is no JSON object")
    return found


@contextmanager
def open_database(path: Path) -> Iterator[sqlite3.Connection]:
    """A database, with its journal. Views, triggers and huge values cannot take more than some seconds and some MB.

    Raises `Unreadable` for whatever SQLite says of it, also while it is used.
    """
    if not path.is_file():
        raise Unreadable("it is missing, or no plain file of a sensible size")
    end = time.monotonic() + _DATABASE_SECONDS
    try:
        with closing(sqlite3.connect(path, timeout=10)) as connection:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1_000_000)
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
            yield connection
    except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
        late = " (it takes too long)" if time.monotonic() > end else ""
        raise Unreadable(f"{type(error).__name__}: {error}{late}") from None


def rows_of(connection: sqlite3.Connection, question: str, most: int = _MOST_ROWS) -> list[tuple[Any, ...]]:
    """The rows that answer a question, at most so many."""
    rows = connection.execute(question).fetchmany(most + 1)
    if len(rows) > most:
        raise Unreadable(f"it has more than {most} rows")
    return rows
