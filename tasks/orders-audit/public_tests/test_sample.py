"""The sample against the part of its answers that is given away in `sample/expected/`."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing

import pytest
from conftest import SAMPLE, Outputs

EXPECTED = SAMPLE / "expected"
ANSWERS = json.loads((EXPECTED / "answers.json").read_text(encoding="utf-8"))
HEADER = (
    "order_id,customer_id,product_id,region,ordered_at,quantity,unit_price,currency,discount_pct,exported_at,"
    "net_revenue_usd"
)


@pytest.mark.parametrize("question", ["q1", "q3", "meta"])
def test_answers(sample: Outputs, question: str) -> None:
    assert sample.answers[question] == ANSWERS[question]


def test_cleaned_rows(sample: Outputs) -> None:
    found = {row["order_id"]: row for row in sample.table("cleaned.csv")}
    with (EXPECTED / "cleaned.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert found.get(row["order_id"]) == row


def test_rejects(sample: Outputs) -> None:
    with (EXPECTED / "rejects.csv").open(encoding="utf-8", newline="") as file:
        assert sample.table("rejects.csv") == list(csv.DictReader(file))


def test_cleaned_is_sorted_and_has_its_columns(sample: Outputs) -> None:
    lines = (sample.folder / "cleaned.csv").read_bytes().split(b"\n")
    assert lines[0].decode().replace('"', "") == HEADER
    ids = [row["order_id"] for row in sample.table("cleaned.csv")]
    assert ids == sorted(ids)


def test_warehouse_has_as_many_orders(sample: Outputs) -> None:
    with closing(sqlite3.connect(sample.folder / "warehouse.sqlite")) as connection:
        (count,) = connection.execute("SELECT count(DISTINCT order_id) FROM orders_clean").fetchone()
    assert count == ANSWERS["meta"]["rows_clean"]


@pytest.mark.parametrize("name", ["monthly_revenue", "return_rate"])
def test_plots_are_images(sample: Outputs, name: str) -> None:
    image = (sample.folder / "plots" / f"{name}.png").read_bytes()
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(image[16:20], "big") >= 400
    assert int.from_bytes(image[20:24], "big") >= 300


def test_plotted_points_are_the_answers(sample: Outputs) -> None:
    assert sample.table("plots/monthly_revenue.csv") == ANSWERS["q1"]


def test_report_names_the_total_and_embeds_the_plots(sample: Outputs) -> None:
    report = (sample.folder / "report.md").read_text(encoding="utf-8")
    assert ANSWERS["meta"]["total_net_revenue_usd"] in report
    assert "plots/monthly_revenue.png" in report
    assert "plots/return_rate.png" in report
    for heading in ("Summary", "Data quality", "Findings", "Assumptions", "Limitations"):
        assert heading in report
