"""Fills DuckDB: the raw rows as text, the unparsable ones, and the reference data."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa

from audit.parts import COLUMNS, fields, header, records
from audit.problem import InputProblem

_BATCH = 40_000
_LOCK_SECONDS = 50
_TABLES = {
    "customers": ("customer_id", "name", "segment"),
    "addresses": ("address_id", "customer_id", "country", "is_primary"),
    "products": ("product_id", "name", "category"),
    "fx_rates": ("date", "currency", "usd_per_unit"),
}
_RAW = pa.schema([("file", pa.string()), ("line", pa.int64())] + [(name, pa.string()) for name in COLUMNS])


def load_reference(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Copies the tables through Python's sqlite3: DuckDB would have to download an extension for it."""
    if not path.is_file():
        raise InputProblem("no reference.db in the input folder")
    try:
        uri = path.resolve().as_uri() + "?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=_LOCK_SECONDS)) as source:
            for table, columns in _TABLES.items():
                rows = source.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()
                _create(connection, table, columns, rows)
    except sqlite3.Error as error:
        raise InputProblem(f"reference.db cannot be used: {error}") from error


def _create(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: tuple[str, ...],
    rows: list[tuple[object, ...]],
) -> None:
    values = {
        column: pa.array([_text(row[place]) for row in rows], pa.string())
        for place, column in enumerate(columns)
    }
    connection.register("arriving", pa.table(values))
    connection.execute(f"CREATE TABLE {table} AS FROM arriving")
    connection.unregister("arriving")


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def load_parts(connection: duckdb.DuckDBPyConnection, paths: list[Path]) -> None:
    connection.execute("CREATE TABLE unparsable (file VARCHAR, line BIGINT)")
    arriving = pa.RecordBatchReader.from_batches(_RAW, [])
    connection.register("arriving", arriving)
    connection.execute("CREATE TABLE raw AS FROM arriving")
    for path in paths:
        unparsable: list[int] = []
        for batch in _batches(path, unparsable):
            connection.register("arriving", pa.table(batch, schema=_RAW))
            connection.execute("INSERT INTO raw FROM arriving")
        lines = pa.table({"file": [path.name] * len(unparsable), "line": pa.array(unparsable, pa.int64())})
        connection.register("arriving", lines)
        connection.execute("INSERT INTO unparsable FROM arriving")
    connection.unregister("arriving")


def _batches(path: Path, unparsable: list[int]) -> Iterator[list[list[object]]]:
    names = header(path)
    places = [names.index(column) for column in COLUMNS]
    found = records(path)
    next(found)
    rows: list[list[object]] = []
    for record in found:
        values = fields(record.raw)
        if values is None or len(values) != len(names):
            unparsable.append(record.line)
            continue
        rows.append([path.name, record.line, *(values[place] for place in places)])
        if len(rows) == _BATCH:
            yield _columns(rows)
            rows = []
    yield _columns(rows)


def _columns(rows: list[list[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in _RAW]
