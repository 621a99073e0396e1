"""csv by polars, everything as text."""

from __future__ import annotations

import io
from pathlib import Path

import polars

from retention.contract import FEATURES, NULLABLE


class TableError(Exception):
    """A file that is not the table that was asked for."""


def read(path: Path, *needed: str) -> list[dict[str, str | None]]:
    try:
        table = polars.read_csv(path.read_bytes(), infer_schema=False, encoding="utf8", raise_if_empty=True)
    except polars.exceptions.PolarsError as error:
        raise TableError(f"{path}: {error}") from None
    missing = {*needed, *FEATURES} - NULLABLE - set(table.columns)
    if missing:
        raise TableError(f"{path}: no {', '.join(sorted(missing))}")
    return table.to_dicts()


def write(path: Path, ids: list[str | None], scores: list[tuple[float, int]]) -> None:
    table = polars.DataFrame(
        {
            "customer_id": ids,
            "probability": [repr(probability) for probability, _ in scores],
            "label": [label for _, label in scores],
        },
        schema={"customer_id": polars.String, "probability": polars.String, "label": polars.Int8},
    )
    text = io.BytesIO()
    table.write_csv(text, line_terminator="\n")
    draft = path.with_name(path.name + "~")
    draft.write_bytes(text.getvalue())
    draft.replace(path)
