"""`RUN_SH=/path/run.sh python3 -m pytest tests`. All orders of one run are made together, because a start takes a while."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

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
NORMAL = {
    "customer_id": "1",
    "product_id": "A",
    "region": "West",
    "ordered_at": "2021-05-05T05:05:05Z",
    "quantity": "1",
    "unit_price": "1.00",
    "currency": "USD",
    "discount_pct": "0",
    "exported_at": "2021-06-06",
}
REFERENCE = """
CREATE TABLE customers (customer_id TEXT, name TEXT, segment TEXT);
CREATE TABLE addresses (address_id INTEGER, customer_id TEXT, country TEXT, is_primary INTEGER);
CREATE TABLE products (product_id TEXT, name TEXT, category TEXT);
CREATE TABLE fx_rates (date TEXT, currency TEXT, usd_per_unit TEXT);
INSERT INTO customers VALUES ('1', 'x', 'y'), ('2b', 'x', 'y');
INSERT INTO addresses VALUES (1, '1', 'Egypt', 1), (2, '1', 'Egypt', 0), (3, '2b', 'Sudan', 0);
INSERT INTO products VALUES ('a', 'x', 'y'), ('B', 'x', 'y');
INSERT INTO fx_rates VALUES ('2021-05-01', 'GBP', '1.4'), ('2021-05-03', 'GBP', '1.5');
"""
# Column, text, and what is in `cleaned.csv`; or the reason for which the row is rejected.
CASES = [
    ("customer_id", "2B", "2B"),
    ("customer_id", "N/A", ""),
    ("product_id", "b", "B"),
    ("product_id", "C", "unknown_product"),
    ("product_id", "?", "missing_field"),
    ("region", "\tnew  YORK\r\n", "New York"),
    ("region", "o'FARRELL", "O'farrell"),
    ("region", "nOnE", "Unknown"),
    ("ordered_at", "05/12/2021 10:00", "2021-12-05T10:00:00Z"),
    ("ordered_at", "2021-12-31T23:30:00-00:45", "2022-01-01T00:15:00Z"),
    ("ordered_at", "2021-12-31 23:30", "2021-12-31T23:30:00Z"),
    ("ordered_at", "2021-11-31", "bad_timestamp"),
    ("ordered_at", "2021-11-30T10:00Z", "bad_timestamp"),
    ("ordered_at", "12/31/2021", "bad_timestamp"),
    ("quantity", "-2.00", "-2"),
    ("quantity", "-", "missing_field"),
    ("quantity", "0.0", "bad_quantity"),
    ("quantity", "3,5", "bad_quantity"),
    ("unit_price", "1.000", "1000.00"),
    ("unit_price", "1,000.5", "1000.50"),
    ("unit_price", "£1.000,55", "1000.55"),
    ("unit_price", "5-", "bad_price"),
    ("currency", "gBp", "GBP"),
    ("currency", "YEN", "bad_currency"),
    ("discount_pct", "0.5", "0.50"),
    ("discount_pct", "33%", "33.00"),
    ("discount_pct", "null", "0.00"),
    ("discount_pct", "100.1", "bad_discount"),
    ("exported_at", "06/07/2021", "2021-07-06T00:00:00Z"),
    ("exported_at", "soon", "bad_timestamp"),
]


class Place:
    def __init__(self, folder: Path) -> None:
        if "RUN_SH" not in os.environ:
            pytest.skip("RUN_SH is not set")
        self._run_sh = Path(os.environ["RUN_SH"]).resolve()
        self.input, self.output = folder / "input", folder / "output"
        self.input.mkdir()
        with closing(sqlite3.connect(self.input / "reference.db")) as connection:
            connection.executescript(REFERENCE)

    def write(self, rows: list[dict[str, str]], name: str = "orders.csv") -> None:
        with (self.input / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows({**NORMAL, **row} for row in rows)

    def run(self) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["sh", "./run.sh", "analyze", "--input", str(self.input), "--output", str(self.output)],
            cwd=self._run_sh.parent,
            capture_output=True,
            timeout=120,
            check=False,
        )

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.output / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    @property
    def answers(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.output / "answers.json").read_text(encoding="utf-8"))
        return found


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What becomes of each of the cases, all in one run. The files have LF within quotes and CRLF at line ends."""
    place = Place(tmp_path_factory.mktemp("cases"))
    place.write(
        [{"order_id": f"{number:04d}", column: text} for number, (column, text, _) in enumerate(CASES)]
    )
    ended = place.run()
    assert ended.returncode == 0, ended.stderr
    cells = {row["order_id"]: row for row in place.table("cleaned.csv")}
    reasons = iter(row["reason"] for row in place.table("rejects.csv"))
    return [
        cells[f"{number:04d}"][column] if f"{number:04d}" in cells else next(reasons, "nowhere")
        for number, (column, _, _) in enumerate(CASES)
    ]


@pytest.mark.parametrize("number", range(len(CASES)))
def test_case(cases: list[str], number: int) -> None:
    assert cases[number] == CASES[number][2]


def test_the_latest_export_counts(place: Place) -> None:
    late = {"order_id": "k", "quantity": "4", "exported_at": "2021-06-06T01:00:00-06:00"}
    place.write([late, {"order_id": "l", "quantity": "7"}], name="orders1.csv")
    place.write(
        [{"order_id": "K", "quantity": "5", "exported_at": "2021-06-06 06:59"}, late], name="orders2.csv"
    )
    assert place.run().returncode == 0
    assert [(row["order_id"], row["quantity"]) for row in place.table("cleaned.csv")] == [
        ("K", "4"),
        ("L", "7"),
    ]
    assert place.answers["meta"]["duplicates_dropped"] == 2


def test_bytes_breaks_and_lines(place: Place) -> None:
    good = "m,1,A,West,2021-05-05,1,1,USD,0,2021-06-06"
    lines = [
        "\ufeff" + ",".join(COLUMNS) + ",remark",
        good + ',"a\nb"',
        "",
        good.replace("m", "n") + ",\udcff",
        good.replace("m", "o"),
        good.replace("m", "p") + ',"say ""hi"", please"',
    ]
    (place.input / "orders.csv").write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    assert place.run().returncode == 0
    assert [row["order_id"] for row in place.table("cleaned.csv")] == ["M", "P"]
    assert [(row["line"], row["reason"]) for row in place.table("rejects.csv")] == [
        ("5", "unparsable"),
        ("6", "unparsable"),
    ]


def test_money_and_questions(place: Place) -> None:
    place.write(
        [
            {"order_id": "1", "unit_price": "4.35", "discount_pct": "10"},
            {"order_id": "2", "unit_price": "4.35", "discount_pct": "10", "quantity": "-1", "region": "x"},
            {
                "order_id": "3",
                "unit_price": "0.02",
                "discount_pct": "75",
                "customer_id": "2B",
                "product_id": "b",
            },
            {
                "order_id": "4",
                "unit_price": "2",
                "currency": "GBP",
                "ordered_at": "2021-05-03T01:00:00+02:00",
            },
            {"order_id": "5", "unit_price": "2", "currency": "GBP", "ordered_at": "2021-05-04"},
        ]
    )
    assert place.run().returncode == 0
    amounts = [row["net_revenue_usd"] for row in place.table("cleaned.csv")]
    assert amounts == ["3.92", "-3.92", "0.01", "2.80", "3.00"]
    answers = place.answers
    assert answers["q1"] == [{"month": "2021-05", "net_revenue_usd": "5.81"}]
    assert answers["q2"] == [
        {"product_id": "A", "net_revenue_usd": "5.80"},
        {"product_id": "B", "net_revenue_usd": "0.01"},
    ]
    assert answers["q4"] == [
        {"country": "Egypt", "net_revenue_usd": "5.80"},
        {"country": "Unknown", "net_revenue_usd": "0.01"},
    ]
    assert answers["q3"][1] == {
        "region": "X",
        "orders": 1,
        "returned": 1,
        "rate": "1.0000",
        "low": "0.2065",
        "high": "1.0000",
    }
    with closing(sqlite3.connect(place.output / "warehouse.sqlite")) as connection:
        rows = connection.execute("SELECT net_revenue_usd FROM orders_clean ORDER BY order_id").fetchall()
    assert [float(row[0]) for row in rows] == [float(amount) for amount in amounts]
    report = (place.output / "report.md").read_text(encoding="utf-8")
    for text in ("5.81", "1.0000", "Egypt", "plots/monthly_revenue.png", "Data quality"):
        assert text in report


@pytest.mark.parametrize("damage", ["nothing", "header", "bytes", "table", "no-database"])
def test_unusable_input_changes_nothing(place: Place, damage: str) -> None:
    place.write([{"order_id": "1"}])
    assert place.run().returncode == 0
    before = (place.output / "cleaned.csv").read_bytes()
    if damage == "nothing":
        (place.input / "orders.csv").unlink()
    elif damage == "header":
        (place.input / "orders0.csv").write_text(",".join(COLUMNS[1:]), encoding="utf-8")
    elif damage == "bytes":
        (place.input / "orders0.csv").write_bytes(",".join(COLUMNS).encode() + b",\x80")
    elif damage == "table":
        with closing(sqlite3.connect(place.input / "reference.db")) as connection:
            connection.execute("ALTER TABLE fx_rates RENAME TO rates")
    else:
        (place.input / "reference.db").write_text("customers: none\n" * 100, encoding="utf-8")
    ended = place.run()
    assert ended.returncode == 2
    assert ended.stderr.strip()
    assert b"Traceback" not in ended.stderr
    assert (place.output / "cleaned.csv").read_bytes() == before


def test_cleaned_is_a_fixed_point_and_runs_repeat(place: Place) -> None:
    place.write(
        [{"order_id": "q", "region": 'a, "b"', "unit_price": "1.234"}, {"order_id": "r", "quantity": "-3.0"}]
    )
    assert place.run().returncode == 0
    cleaned, answers = (place.output / "cleaned.csv").read_bytes(), place.answers
    assert place.run().returncode == 0
    assert (place.output / "cleaned.csv").read_bytes() == cleaned
    (place.input / "orders.csv").write_bytes(cleaned)
    assert place.run().returncode == 0
    assert (place.output / "cleaned.csv").read_bytes() == cleaned
    assert place.answers == answers


def test_nothing_but_a_header(place: Place) -> None:
    place.write([])
    assert place.run().returncode == 0
    assert place.table("cleaned.csv") == []
    assert place.answers["meta"]["rows_in"] == 0
