"""Reads and writes csv files."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from pathlib import Path

from churn.schema import FEATURES


class InvalidTable(Exception):
    """A file that is not the table it should be."""


def read_records(path: Path, needed: tuple[str, ...] = ("customer_id",)) -> list[dict[str, str]]:
    """The records of a file as text, by column. Nullable columns may be absent."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            wanted = {*needed, *(feature.name for feature in FEATURES if not feature.nullable)}
            if missing := wanted - set(header):
                raise InvalidTable(f"{path.name} lacks {', '.join(sorted(missing))}")
            return [dict(zip(header, record, strict=True)) for record in reader]
    except (ValueError, csv.Error) as error:
        raise InvalidTable(f"{path.name}: {error}") from None


def write_predictions(path: Path, lines: Iterable[tuple[str, float, int]]) -> None:
    """Replaces the file at once, so that no half of it is ever seen."""
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("customer_id", "probability", "label"))
            writer.writerows((name, repr(probability), label) for name, probability, label in lines)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
