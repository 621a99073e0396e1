"""Writes files whole: under another name first, then renamed. Nothing is renamed before everything is written."""

import csv
import json
import os
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any

import polars as pl

from audit.numbers import hundredths, usd_column
from audit.reading import COLUMNS


class Outputs:
    """`with Outputs(folder) as outputs`: files written below `outputs.folder` appear together at the end."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self.folder = target / ".unfinished"

    def __enter__(self) -> "Outputs":
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "plots").mkdir(parents=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            (self._target / "plots").mkdir(exist_ok=True)
            for path in sorted(path for path in self.folder.rglob("*") if path.is_file()):
                os.replace(path, self._target / path.relative_to(self.folder))
        shutil.rmtree(self.folder, ignore_errors=True)

    def json(self, name: str, value: object) -> None:
        self.text(name, json.dumps(value, ensure_ascii=False, indent=2) + "\n")

    def text(self, name: str, value: str) -> None:
        (self.folder / name).write_text(value, encoding="utf-8")

    def csv(self, name: str, columns: list[str], rows: Iterable[Iterable[Any]]) -> None:
        with (self.folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)

    def frame(self, name: str, frame: pl.DataFrame) -> None:
        frame.write_csv(self.folder / name, null_value="", line_terminator="\n")

    def warehouse(self, name: str, frame: pl.DataFrame) -> None:
        types = {"quantity": "INTEGER", "order_id": "TEXT PRIMARY KEY"}
        columns = ", ".join(f"{column} {types.get(column, 'TEXT')}" for column in frame.columns)
        with closing(sqlite3.connect(self.folder / name)) as database:
            database.execute("PRAGMA synchronous = OFF")
            database.execute(f"CREATE TABLE orders_clean ({columns})")
            marks = ", ".join("?" * frame.width)
            database.executemany(f"INSERT INTO orders_clean VALUES ({marks})", frame.iter_rows())
            database.commit()


def as_table(orders: pl.DataFrame) -> pl.DataFrame:
    """Clean orders as they are written."""
    stamp = "%Y-%m-%dT%H:%M:%SZ"
    return orders.with_columns(
        pl.col("ordered_at", "exported_at").dt.strftime(stamp),
        unit_price=hundredths(pl.col("cents")),
        discount_pct=hundredths(pl.col("discount")),
        net_revenue_usd=usd_column("revenue"),
    ).select([*COLUMNS, "net_revenue_usd"])
