"""Runs the analysis on data of its own: `RUN_SH=$PWD/run.sh python3 -m pytest tests`."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

RUN_SH = os.environ.get("RUN_SH")
pytestmark = pytest.mark.skipif(not RUN_SH, reason="RUN_SH is not set: the brief asks for a skip then")

HEADER = (
    "order_id,customer_id,product_id,region,ordered_at,quantity,unit_price,currency,discount_pct,exported_at"
)
SCHEMA = """
CREATE TABLE customers (customer_id TEXT, name TEXT, segment TEXT);
CREATE TABLE addresses (address_id INTEGER, customer_id TEXT, country TEXT, is_primary INTEGER);
CREATE TABLE products (product_id TEXT, name TEXT, category TEXT);
CREATE TABLE fx_rates (date TEXT, currency TEXT, usd_per_unit TEXT);
INSERT INTO customers VALUES ('C-1', 'Ada', 'business');
INSERT INTO addresses VALUES (1, 'C-1', 'Germany', 1);
INSERT INTO products VALUES ('P-1', 'Lamp', 'Living');
INSERT INTO fx_rates VALUES ('2024-03-01', 'EUR', '1.1');
"""


def run(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    assert RUN_SH
    script = Path(RUN_SH).resolve()
    return subprocess.run(
        ["sh", str(script), "analyze", "--input", str(source), "--output", str(target)],
        cwd=script.parent,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
        check=False,
    )


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """An input folder that holds nothing but the reference data, and an output folder."""
    source, target = tmp_path / "input", tmp_path / "output"
    source.mkdir()
    target.mkdir()
    with closing(sqlite3.connect(source / "reference.db")) as connection:
        connection.executescript(SCHEMA)
    return source, target


def test_one_order(folders: tuple[Path, Path]) -> None:
    source, target = folders
    row = "a1,C-1,P-1,north,2024-03-05,2,10.00,EUR,,2024-03-06"
    (source / "orders.csv").write_text(f"{HEADER}\n{row}\n", encoding="utf-8")
    ended = run(source, target)
    assert ended.returncode == 0, ended.stderr
    answers = json.loads((target / "answers.json").read_text(encoding="utf-8"))
    assert answers["q1"] == [{"month": "2024-03", "net_revenue_usd": "22.00"}]


def test_no_part_is_unusable(folders: tuple[Path, Path]) -> None:
    ended = run(*folders)
    assert ended.returncode == 2
    assert ended.stderr.strip()
    assert "Traceback" not in ended.stderr
