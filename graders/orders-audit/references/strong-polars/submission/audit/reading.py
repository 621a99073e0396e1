"""Reads parts and reference data into Polars frames of text.

A part is read as Latin-1, which maps every byte to one character: so csv and lines are told apart without looking at
encodings, and each field is checked for UTF-8 by itself.
"""

import csv
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import polars as pl

from audit.unusable import UnusableInput

COLUMNS = [
    "order_id",
    "customer_id",
    "product_id",
    "region",
    "ordered_at",
    "quantity",
    "unit_price",
    "currency",
    "discount_pct",
    "exported_at",
]
SPACE = " \t\r\n"
_BOM = "\xef\xbb\xbf"
_LOCK_SECONDS = 40
_SCHEMA = {"line": pl.Int64, **dict.fromkeys(COLUMNS, pl.String)}
_TABLES = {
    "customers": ["customer_id", "name", "segment"],
    "addresses": ["address_id", "customer_id", "country", "is_primary"],
    "products": ["product_id", "name", "category"],
    "fx_rates": ["date", "currency", "usd_per_unit"],
}

csv.field_size_limit(sys.maxsize)


def find_parts(folder: Path) -> list[Path]:
    """The parts, after a look at each header."""
    if not folder.is_dir():
        raise UnusableInput("the input folder is missing")
    parts = [
        entry
        for entry in folder.iterdir()
        if entry.name.startswith("orders") and entry.name.endswith(".csv") and entry.is_file()
    ]
    if not parts:
        raise UnusableInput("no orders*.csv")
    for part in parts:
        _header(part)
    return parts


def read_part(path: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows with the line on which they start, and the lines of what cannot be parsed."""
    names = _header(path)
    places = [names.index(column) for column in COLUMNS]
    columns: list[list[str]] = [[] for _ in COLUMNS]
    lines: list[int] = []
    broken: list[int] = []
    records = _records(path)
    next(records)
    for line, cells in records:
        texts = _decoded(cells)
        if texts is None or len(texts) != len(names):
            broken.append(line)
            continue
        lines.append(line)
        for column, place in zip(columns, places, strict=True):
            column.append(texts[place])
    rows = pl.DataFrame([lines, *columns], schema=_SCHEMA)
    rows = rows.with_columns(pl.col(COLUMNS).str.strip_chars(SPACE), file=pl.lit(path.name))
    return rows, pl.DataFrame({"line": broken}, schema={"line": pl.Int64}).with_columns(
        file=pl.lit(path.name)
    )


def read_reference(path: Path) -> dict[str, pl.DataFrame]:
    if not path.is_file():
        raise UnusableInput("reference.db is missing")
    frames = {}
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_LOCK_SECONDS)
        ) as database:
            for table, names in _TABLES.items():
                rows = database.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall()
                texts = [[None if cell is None else str(cell) for cell in row] for row in rows]
                frames[table] = pl.DataFrame(texts, schema=dict.fromkeys(names, pl.String), orient="row")
    except sqlite3.Error as error:
        raise UnusableInput(f"reference.db: {error}") from error
    return frames


def _header(path: Path) -> list[str]:
    first = next(_records(path), None)
    if first is None:
        raise UnusableInput(f"{path.name} has no header")
    names = _decoded(first[1])
    if names is None:
        raise UnusableInput(f"{path.name}: the header is not UTF-8")
    names = [name.strip(SPACE) for name in names]
    lacking = [column for column in COLUMNS if column not in names]
    if lacking:
        raise UnusableInput(f"{path.name} lacks {', '.join(lacking)}")
    return names


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    with path.open(encoding="latin-1", newline="\n") as file:
        if file.read(len(_BOM)) != _BOM:
            file.seek(0)
        reader = csv.reader(file)
        start = 1
        for cells in reader:
            if cells:
                yield start, cells
            start = reader.line_num + 1


def _decoded(cells: list[str]) -> list[str] | None:
    texts = []
    for cell in cells:
        if cell.isascii():
            texts.append(cell)
            continue
        try:
            texts.append(cell.encode("latin-1").decode("utf-8"))
        except UnicodeDecodeError:
            return None
    return texts
