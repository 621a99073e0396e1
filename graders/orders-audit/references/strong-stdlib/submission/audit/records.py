"""From bytes to records: finds the parts, checks their headers, and yields each record with its physical line."""

import csv
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audit.errors import UnusableInput

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
WHITE_SPACE = " \t\r\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

csv.field_size_limit(sys.maxsize)


@dataclass(frozen=True)
class Part:
    """A file, the number of its columns, and where the ten columns stand in it."""

    path: Path
    width: int
    places: tuple[int, ...]


def find_parts(folder: Path) -> list[Part]:
    try:
        paths = [
            path
            for path in folder.iterdir()
            if path.name.startswith("orders") and path.name.endswith(".csv") and path.is_file()
        ]
    except OSError as error:
        raise UnusableInput(f"cannot list the input folder: {error.strerror}") from error
    if not paths:
        raise UnusableInput("no file orders*.csv in the input folder")
    return [_open_part(path) for path in sorted(paths, key=lambda path: os.fsencode(path.name))]


def records_of(part: Part) -> Iterator[tuple[int, list[str] | None]]:
    """The line of each record and its ten fields, trimmed; None if the record cannot be parsed."""
    records = _records(part.path)
    next(records)
    places, width = part.places, part.width
    for line, fields, is_text in records:
        if not is_text or len(fields) != width:
            yield line, None
        else:
            yield line, [fields[place].strip(WHITE_SPACE) for place in places]


def _open_part(path: Path) -> Part:
    _, header, is_text = next(_records(path), (0, [], True))
    if not is_text:
        raise UnusableInput(f"{path.name}: the header is not UTF-8")
    names = [name.strip(WHITE_SPACE) for name in header]
    missing = [column for column in COLUMNS if column not in names]
    if missing:
        raise UnusableInput(f"{path.name}: missing column {', '.join(missing)}")
    return Part(path, len(names), tuple(names.index(column) for column in COLUMNS))


class _Lines:
    """Lines as text, ended by LF only. Remembers whether one since the last look was not UTF-8."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.is_text = True

    def __iter__(self) -> Iterator[str]:
        with self._path.open("rb") as file:
            start = file.read(len(_BYTE_ORDER_MARK))
            if start != _BYTE_ORDER_MARK:
                file.seek(0)
            for line in file:
                try:
                    yield line.decode()
                except UnicodeDecodeError:
                    self.is_text = False
                    yield line.decode(errors="surrogateescape")


def _records(path: Path) -> Iterator[tuple[int, list[str], bool]]:
    """Line, fields, and whether all bytes were UTF-8. The reader asks for no line before it needs it."""
    lines = _Lines(path)
    reader = csv.reader(lines)
    line = 1
    for fields in reader:
        if fields:
            yield line, fields, lines.is_text
        lines.is_text = True
        line = reader.line_num + 1
