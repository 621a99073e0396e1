"""csv files by pandas, as text: what a cell means is decided in `rows`."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas

from app.rows import FIELDS


class BadFile(ValueError):
    """Not the table that was promised."""


def read(path: Path, *needed: str) -> list[dict[str, str | None]]:
    """Records of text; the empty field is None."""
    try:
        table = pandas.read_csv(
            path, dtype=str, keep_default_na=False, na_filter=False, encoding="utf-8-sig", index_col=False
        )
    except (ValueError, pandas.errors.ParserError) as error:
        raise BadFile(f"{path.name}: {error}") from None
    for name in (*needed, *(field.name for field in FIELDS if not field.nullable)):
        if name not in table.columns:
            raise BadFile(f"{path.name} has no column {name}")
    names = list(table.columns)
    return [
        {name: value or None for name, value in zip(names, record, strict=True)}
        for record in table.itertuples(index=False, name=None)
    ]


def write(path: Path, lines: list[tuple[str | None, float, int]]) -> None:
    """All at once: the file is there when it is complete."""
    draft = path.parent / f".{path.name}.draft"
    with draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("customer_id", "probability", "label"))
        for name, probability, label in lines:
            writer.writerow((name, f"{probability:.12f}", label))
    draft.rename(path)
