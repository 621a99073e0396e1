"""Splits the parts into records and fields. DuckDB's own reader keeps no physical lines and stops at bad bytes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from audit.problem import InputProblem

COLUMNS = (
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
)
_NAME = re.compile(r"orders.*\.csv", re.DOTALL)
_BOM = b"\xef\xbb\xbf"
# Text outside quotes and quoted stretches, up to a line break outside quotes. A doubled quote is two stretches.
_RECORD = re.compile(rb'(?:[^"\n]++|"[^"]*+")*+(?:\n|\Z)')
_FIELD = re.compile(r'(?:"((?:[^"]|"")*+)"|([^,"]*+))(?:,|\Z)')


class Record(NamedTuple):
    line: int
    raw: bytes


def part_paths(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise InputProblem(f"{folder} is no folder")
    paths = [path for path in folder.iterdir() if _NAME.fullmatch(path.name) and path.is_file()]
    if not paths:
        raise InputProblem("no part: nothing in the input folder is named orders*.csv")
    return paths


def records(path: Path) -> Iterator[Record]:
    data = path.read_bytes()
    position = len(_BOM) if data.startswith(_BOM) else 0
    line = 1
    while position < len(data):
        match = _RECORD.match(data, position)
        # Only a quote that is never closed does not match; the rest of the file is one record then.
        end = match.end() if match is not None and match.end() > position else len(data)
        raw = data[position:end]
        stripped = raw.removesuffix(b"\n").removesuffix(b"\r")
        if stripped:
            yield Record(line, stripped)
        line += raw.count(b"\n")
        position = end


def fields(raw: bytes) -> list[str] | None:
    """The fields of a record; None if it is not UTF-8."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if '"' not in text:
        return text.split(",")
    found = []
    position = 0
    while True:
        match = _FIELD.match(text, position)
        if match is None:
            # A quote where none may be: the record cannot be told apart.
            return []
        quoted, plain = match.groups()
        found.append(plain if quoted is None else quoted.replace('""', '"'))
        position = match.end()
        if match.end() == len(text) and not match[0].endswith(","):
            return found
        if match.end() == len(text):
            return [*found, ""]


def header(path: Path) -> list[str]:
    first = next(records(path), None)
    if first is None:
        raise InputProblem(f"{path.name}: no header")
    names = fields(first.raw)
    if names is None:
        raise InputProblem(f"{path.name}: the header is not UTF-8")
    names = [name.strip(" \t\r\n") for name in names]
    for column in COLUMNS:
        if column not in names:
            raise InputProblem(f"{path.name}: no column {column}")
    return names
