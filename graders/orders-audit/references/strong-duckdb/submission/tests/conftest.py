"""`RUN_SH=/path/run.sh python3 -m pytest tests`. A test describes its orders in a few words of csv."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

HEADER = (
    "order_id,customer_id,product_id,region,ordered_at,quantity,unit_price,currency,discount_pct,exported_at"
)
_REFERENCE = """
CREATE TABLE customers (customer_id TEXT, name TEXT, segment TEXT);
CREATE TABLE addresses (address_id INTEGER, customer_id TEXT, country TEXT, is_primary INTEGER);
CREATE TABLE products (product_id TEXT, name TEXT, category TEXT);
CREATE TABLE fx_rates (date TEXT, currency TEXT, usd_per_unit TEXT);
INSERT INTO customers VALUES ('0101', 'One', 's'), ('ab-2', 'Two', 's'), ('0103', 'Three', 's');
INSERT INTO addresses VALUES
    (7, '0101', 'Italy', 0), (8, '0101', 'Italy', 1), (9, '0101', 'Malta', 0), (10, 'ab-2', 'Austria', 1),
    (11, '0103', 'Italy', 0);
INSERT INTO products VALUES ('0020', 'p', 'c'), ('Xy', 'q', 'c'), ('Z', 'r', 'c');
INSERT INTO fx_rates VALUES ('2022-02-25', 'EUR', '1.12'), ('2022-02-28', 'EUR', '1.125');
"""


class Done(NamedTuple):
    status: int
    error: str
    output: Path

    def rows(self, name: str) -> list[dict[str, str]]:
        with (self.output / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def cells(self, *columns: str) -> list[tuple[str, ...]]:
        return [tuple(row[column] for column in columns) for row in self.rows("cleaned.csv")]

    def rejects(self) -> list[tuple[str, str]]:
        return [(row["line"], row["reason"]) for row in self.rows("rejects.csv")]

    def answers(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.output / "answers.json").read_text(encoding="utf-8"))
        return found


class Shop:
    """The files of one shop."""

    def __init__(self, run_sh: Path, place: Path) -> None:
        self._run_sh = run_sh
        self.input = place / "in put"
        self.output = place / "out"
        self.input.mkdir()
        self.sql(_REFERENCE)

    def sql(self, statements: str) -> None:
        with closing(sqlite3.connect(self.input / "reference.db")) as connection:
            connection.executescript(statements)

    def lines(self, *lines: str, name: str = "orders.csv", header: str = HEADER) -> None:
        (self.input / name).write_text("\n".join((header, *lines)) + "\n", encoding="utf-8", newline="")

    def analyze(self) -> Done:
        done = subprocess.run(
            ["sh", "./run.sh", "analyze", "--input", str(self.input), "--output", str(self.output)],
            cwd=self._run_sh.parent,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Done(done.returncode, done.stderr, self.output)

    def succeed(self) -> Done:
        done = self.analyze()
        assert done.status == 0, done.error
        return done


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    run_sh = os.environ.get("RUN_SH")
    if run_sh is None:
        pytest.skip("RUN_SH is not set")
    return Shop(Path(run_sh).resolve(), tmp_path)
