"""What the tests share: `RUN_SH=/path/run.sh python3 -m pytest tests`. Each test brings its own data."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

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
PLAIN = {
    "order_id": "A1",
    "customer_id": "C-1",
    "product_id": "P-1",
    "region": "North",
    "ordered_at": "2024-03-05T10:00:00Z",
    "quantity": "1",
    "unit_price": "10.00",
    "currency": "USD",
    "discount_pct": "0",
    "exported_at": "2024-03-06T10:00:00Z",
}
SCHEMA = """
CREATE TABLE customers (customer_id TEXT, name TEXT, segment TEXT);
CREATE TABLE addresses (address_id INTEGER, customer_id TEXT, country TEXT, is_primary INTEGER);
CREATE TABLE products (product_id TEXT, name TEXT, category TEXT);
CREATE TABLE fx_rates (date TEXT, currency TEXT, usd_per_unit TEXT);
INSERT INTO customers VALUES ('C-1', 'Ada', 'business'), ('c-2', 'Ben', 'public'), ('C-3', 'Cy', 'public');
INSERT INTO addresses VALUES
    (1, 'C-1', 'Germany', 1), (2, 'C-1', 'France', 0), (3, 'C-1', 'Spain', 0),
    (4, 'c-2', 'Norway', 1), (5, 'C-3', NULL, 1);
INSERT INTO products VALUES ('P-1', 'Lamp', 'A'), ('p-2', 'Chair', 'A'), ('007', 'Bolt', 'B');
INSERT INTO products VALUES ('P-3', 'Desk', 'A'), ('P-4', 'Rug', 'A'), ('P-5', 'Pot', 'A'), ('P-6', 'Mug', 'A');
INSERT INTO fx_rates VALUES ('2024-03-01', 'EUR', '1.1'), ('2024-03-04', 'EUR', '1.25');
"""


@dataclass
class Ended:
    status: int
    stderr: str
    folder: Path

    @property
    def answers(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "answers.json").read_text(encoding="utf-8"))
        return found

    @property
    def cleaned(self) -> list[dict[str, str]]:
        return self.table("cleaned.csv")

    @property
    def rejects(self) -> list[tuple[str, int, str]]:
        return [(row["source_file"], int(row["line"]), row["reason"]) for row in self.table("rejects.csv")]

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.folder / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


class Desk:
    """An input and an output folder."""

    def __init__(self, run_sh: Path, folder: Path) -> None:
        self._run_sh = run_sh
        self.input = folder / "input"
        self.output = folder / "output"
        self.input.mkdir()
        self.reference(SCHEMA)

    def reference(self, statements: str) -> None:
        with closing(sqlite3.connect(self.input / "reference.db")) as connection:
            connection.executescript(statements)

    def part(self, *rows: dict[str, str], name: str = "orders.csv") -> None:
        """Writes rows; what a row does not say is as in `PLAIN`."""
        with (self.input / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for row in rows:
                writer.writerow([{**PLAIN, **row}[column] for column in COLUMNS])

    def bytes(self, content: bytes, name: str = "orders.csv") -> None:
        (self.input / name).write_bytes(content)

    def run(self, output: Path | None = None) -> Ended:
        folder = output or self.output
        ended = subprocess.run(
            ["sh", "./run.sh", "analyze", "--input", str(self.input), "--output", str(folder)],
            cwd=self._run_sh.parent,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=120,
            check=False,
        )
        return Ended(ended.returncode, ended.stderr, folder)

    def succeed(self) -> Ended:
        ended = self.run()
        assert ended.status == 0, ended.stderr
        return ended


@pytest.fixture(scope="session")
def run_sh() -> Path:
    path = os.environ.get("RUN_SH")
    if not path:
        pytest.skip("RUN_SH is not set")
    return Path(path).resolve()


@pytest.fixture
def desk(run_sh: Path, tmp_path: Path) -> Desk:
    return Desk(run_sh, tmp_path)


@pytest.fixture
def field(desk: Desk) -> Callable[[str, list[str]], list[str | None]]:
    """Runs one row for each spelling of a column; gives the cleaned cells, or None where the row was rejected."""

    def run(column: str, spellings: list[str]) -> list[str | None]:
        desk.part(*({"order_id": f"A{n:03d}", column: text} for n, text in enumerate(spellings)))
        cells = {row["order_id"]: row[column] for row in desk.succeed().cleaned}
        return [cells.get(f"A{n:03d}") for n in range(len(spellings))]

    return run
