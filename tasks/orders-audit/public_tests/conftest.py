"""What the public tests share: `RUN_SH=/path/run.sh python3 -m pytest public_tests`."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SAMPLE = Path(__file__).resolve().parent.parent / "sample"
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
# A row without any mess; tests say what is different.
PLAIN = {
    "order_id": "ORD-1",
    "customer_id": "C-1",
    "product_id": "P-1",
    "region": "North",
    "ordered_at": "2024-01-10T12:00:00Z",
    "quantity": "1",
    "unit_price": "100.00",
    "currency": "USD",
    "discount_pct": "0.00",
    "exported_at": "2024-01-20T12:00:00Z",
}
_REFERENCE = """
CREATE TABLE customers (customer_id TEXT, name TEXT, segment TEXT);
CREATE TABLE addresses (address_id INTEGER, customer_id TEXT, country TEXT, is_primary INTEGER);
CREATE TABLE products (product_id TEXT, name TEXT, category TEXT);
CREATE TABLE fx_rates (date TEXT, currency TEXT, usd_per_unit TEXT);
INSERT INTO customers VALUES ('C-1', 'Ada Cole', 'consumer'), ('C-2', 'Ben Diaz', 'business');
INSERT INTO addresses VALUES (1, 'C-1', 'France', 0), (2, 'C-1', 'Germany', 1), (3, 'C-2', NULL, 1);
INSERT INTO products VALUES ('P-1', 'Lamp', 'Living'), ('P-2', 'Chair', 'Living'), ('0003', 'Pot', 'Kitchen');
INSERT INTO fx_rates VALUES ('2024-01-05', 'EUR', '1.1'), ('2024-01-08', 'EUR', '1.2');
"""


@dataclass
class Outputs:
    """What a run left in its output folder."""

    folder: Path
    status: int
    stderr: str

    @property
    def answers(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "answers.json").read_text(encoding="utf-8"))
        return found

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.folder / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def cells(self, column: str) -> dict[str, str]:
        """A column of `cleaned.csv` by order."""
        return {row["order_id"]: row[column] for row in self.table("cleaned.csv")}

    @property
    def rejects(self) -> list[tuple[str, int, str]]:
        rows = self.table("rejects.csv")
        return [(row["source_file"], int(row["line"]), row["reason"]) for row in rows]


class Program:
    """The program that is tested."""

    def __init__(self, run_sh: Path) -> None:
        self._run_sh = run_sh

    def run(self, source: Path, output: Path) -> Outputs:
        ended = subprocess.run(
            ["sh", "./run.sh", "analyze", "--input", str(source), "--output", str(output)],
            cwd=self._run_sh.parent,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=120,
            check=False,
        )
        return Outputs(output, ended.returncode, ended.stderr)

    def succeed(self, source: Path, output: Path) -> Outputs:
        outputs = self.run(source, output)
        assert outputs.status == 0, outputs.stderr
        return outputs


class Folder:
    """An input folder that a test fills, and the output folder beside it."""

    def __init__(self, program: Program, place: Path) -> None:
        self._program = program
        self.input = place / "input"
        self.output = place / "output"
        self.input.mkdir()
        with closing(sqlite3.connect(self.input / "reference.db")) as connection:
            connection.executescript(_REFERENCE)

    def part(self, *rows: dict[str, str], name: str = "orders.csv") -> None:
        """Writes rows that differ from the plain one in what is given; ids are numbered where they are not given."""
        with (self.input / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for number, row in enumerate(rows, 1):
                whole = {**PLAIN, "order_id": f"ORD-{number}", **row}
                writer.writerow([whole[column] for column in COLUMNS])

    def spellings(self, column: str, *texts: str) -> list[str | None]:
        """Cleans one row for each text of a column: the cells, or the reason where the row is rejected."""
        self.part(*({column: text} for text in texts))
        outputs = self.succeed()
        cells = outputs.cells(column)
        reasons = {line: reason for _, line, reason in outputs.rejects}
        return [cells.get(f"ORD-{number}", reasons.get(number + 1)) for number in range(1, len(texts) + 1)]

    def run(self) -> Outputs:
        return self._program.run(self.input, self.output)

    def succeed(self) -> Outputs:
        return self._program.succeed(self.input, self.output)


@pytest.fixture(scope="session")
def program() -> Program:
    path = os.environ.get("RUN_SH")
    if not path:
        pytest.skip("RUN_SH is not set")
    return Program(Path(path).resolve())


@pytest.fixture(scope="session")
def sample(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Outputs:
    """The outputs for the sample."""
    return program.succeed(SAMPLE / "input", tmp_path_factory.mktemp("sample") / "output")


@pytest.fixture
def folder(program: Program, tmp_path: Path) -> Folder:
    return Folder(program, tmp_path)
