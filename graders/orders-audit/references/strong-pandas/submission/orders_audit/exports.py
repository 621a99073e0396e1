"""Reads the parts into frames of raw text. pandas tells neither lines nor bad bytes, so records are split here.

In well-formed csv a line break belongs to a field exactly when the number of quotes before it is odd.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from orders_audit.errors import CannotUse

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
_BOM = b"\xef\xbb\xbf"
_BLOCK = 50_000


def find_exports(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise CannotUse("the input folder does not exist")
    found = [path for path in folder.iterdir() if _is_export(path.name) and path.is_file()]
    if not found:
        raise CannotUse("there is no orders*.csv in the input folder")
    return sorted(found, key=lambda path: path.name.encode("utf-8", "surrogateescape"))


def check_header(path: Path) -> None:
    """Raises when the part cannot be used; looks at nothing behind the header."""
    first = next(_records(path), None)
    if first is None:
        raise CannotUse(f"{path.name} is empty, it has no header")
    try:
        names = _names(first[1])
    except UnicodeDecodeError:
        raise CannotUse(f"the header of {path.name} is not UTF-8") from None
    for column in COLUMNS:
        if column not in names:
            raise CannotUse(f"{path.name} has no column {column}")


def read_export(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The ten trimmed columns with file and line, and file and line of the records that cannot be parsed."""
    records = _records(path)
    _, header = next(records)
    names = _names(header)
    places = [names.index(column) for column in COLUMNS]
    lines: list[int] = []
    unparsable: list[int] = []
    frames: list[pd.DataFrame] = []
    block: list[list[str]] = []
    for line, record in records:
        try:
            fields = _fields(record)
        except UnicodeDecodeError:
            fields = []
        if len(fields) != len(names):
            unparsable.append(line)
            continue
        lines.append(line)
        block.append([fields[place] for place in places])
        if len(block) == _BLOCK:
            frames.append(_frame(block))
            block = []
    frames.append(_frame(block))
    raw = pd.concat(frames, ignore_index=True)
    raw.insert(0, "line", pd.Series(lines, dtype="int64"))
    raw.insert(0, "file", path.name)
    bad = pd.DataFrame({"file": path.name, "line": pd.Series(unparsable, dtype="int64")})
    return raw, bad


def _is_export(name: str) -> bool:
    return name.startswith("orders") and name.endswith(".csv")


def _frame(block: list[list[str]]) -> pd.DataFrame:
    frame = pd.DataFrame(block, columns=COLUMNS, dtype="str")
    return frame.apply(lambda column: column.str.strip(SPACE))


def _records(path: Path) -> Iterator[tuple[int, bytes]]:
    """The physical line and the bytes of each record, without its line end; lines without a character are none."""
    lines = path.read_bytes().removeprefix(_BOM).split(b"\n")
    quotes = np.fromiter((line.count(b'"') for line in lines), dtype=np.int64, count=len(lines))
    # A record ends with a line up to which the number of quotes is even.
    ends = np.flatnonzero(np.cumsum(quotes) % 2 == 0)
    start = 0
    for end in ends.tolist():
        record = lines[start] if start == end else b"\n".join(lines[start : end + 1])
        record = record.removesuffix(b"\r")
        if record:
            yield start + 1, record
        start = end + 1


def _fields(record: bytes) -> list[str]:
    text = record.decode("utf-8")
    if '"' not in text:
        return text.split(",")
    return next(csv.reader([text]))


def _names(header: bytes) -> list[str]:
    return [name.strip(SPACE) for name in _fields(header)]
