"""Answers, the other outputs, and runs."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from conftest import Case

NAMES = ["cleaned.csv", "rejects.csv", "answers.json", "report.md", "plots/return_rate.csv"]


def everything(case: Case) -> list[bytes]:
    return [(case.target / name).read_bytes() for name in NAMES]


def test_exact_money(case: Case) -> None:
    half = {"unit_price": "1.05", "discount_pct": "50"}
    case.orders(
        [
            {"order_id": "A", **half},
            {"order_id": "B", **half, "quantity": "-1", "ordered_at": "2023-08-01"},
            {"order_id": "C", **half, "ordered_at": "2023-09-01"},
            {"order_id": "D", **half, "ordered_at": "2023-09-02"},
            {"order_id": "E", "quantity": "-2", "discount_pct": "100", "ordered_at": "2023-10-01"},
            {"order_id": "F", "unit_price": "999999999.99", "quantity": "999999", "ordered_at": "2023-11-01"},
        ]
    )
    assert case.run() == 0
    rows = case.csv("cleaned.csv")["net_revenue_usd"].tolist()
    assert rows == ["0.53", "-0.53", "0.53", "0.53", "0.00", "999998999990000.01"]
    months = [row["net_revenue_usd"] for row in case.answers()["q1"]]
    assert months == ["0.53", "-0.53", "1.05", "0.00", "999998999990000.01"]


def test_questions(case: Case) -> None:
    rows = [
        {"order_id": "A", "customer_id": "k1", "product_id": "W-2", "unit_price": "8"},
        {"order_id": "B", "customer_id": "K2", "product_id": "W-1", "unit_price": "8", "region": "b"},
        {"order_id": "C", "customer_id": "K3", "product_id": "W-3", "unit_price": "9", "region": "b"},
        {"order_id": "D", "customer_id": "??", "product_id": "W-3", "quantity": "-1", "unit_price": "0.5"},
    ]
    case.orders(rows)
    assert case.run() == 0
    answers = case.answers()
    assert [row["product_id"] for row in answers["q2"]] == ["W-3", "W-1", "W-2"]
    assert answers["q4"] == [
        {"country": "Unknown", "net_revenue_usd": "8.50"},
        {"country": "Chile", "net_revenue_usd": "8.00"},
        {"country": "NA", "net_revenue_usd": "8.00"},
    ]
    assert answers["q3"] == [
        {"region": "B", "orders": 2, "returned": 0, "rate": "0.0000", "low": "0.0000", "high": "0.6576"},
        {"region": "East", "orders": 2, "returned": 1, "rate": "0.5000", "low": "0.0945", "high": "0.9055"},
    ]
    points = case.csv("plots/return_rate.csv").to_dict("records")
    assert points == [{key: str(value) for key, value in row.items()} for row in answers["q3"]]
    report = (case.target / "report.md").read_text(encoding="utf-8")
    for text in ("2023-06", "24.50", "W-3", "0.5000", "plots/monthly_revenue.png", "plots/return_rate.png"):
        assert text in report


def test_warehouse(case: Case) -> None:
    case.orders([{"order_id": "b", "customer_id": ""}, {"order_id": "a", "quantity": "-3"}])
    assert case.run() == 0
    with closing(sqlite3.connect(case.target / "warehouse.sqlite")) as connection:
        rows = connection.execute("SELECT * FROM orders_clean ORDER BY order_id").fetchall()
        keys = [row[1] for row in connection.execute("PRAGMA table_info(orders_clean)") if row[5]]
    assert keys == ["order_id"]
    assert [(row[0], row[1], float(row[5]), float(row[10])) for row in rows] == [
        ("A", "K1", -3.0, -60.0),
        ("B", None, 1.0, 20.0),
    ]


def test_rerun_over_other_outputs(case: Case) -> None:
    case.orders([{"order_id": "A"}, {"order_id": "B", "quantity": "?"}])
    assert case.run() == 0
    first = everything(case)
    case.orders([{"order_id": "C"}])
    assert case.run() == 0
    case.orders([{"order_id": "A"}, {"order_id": "B", "quantity": "?"}])
    assert case.run() == 0
    assert everything(case) == first
    with closing(sqlite3.connect(case.target / "warehouse.sqlite")) as connection:
        assert connection.execute("SELECT order_id FROM orders_clean").fetchall() == [("A",)]


@pytest.mark.parametrize("damage", ["part", "column", "bytes", "database", "table"])
def test_unusable(case: Case, damage: str) -> None:
    case.orders([{}])
    assert case.run() == 0
    before = everything(case)
    if damage == "part":
        (case.source / "orders.csv").rename(case.source / "order.csv")
    elif damage == "column":
        text = (case.source / "orders.csv").read_text(encoding="utf-8")
        (case.source / "orders1.csv").write_text(text.replace("currency", "Currency"), encoding="utf-8")
    elif damage == "bytes":
        data = (case.source / "orders.csv").read_bytes()
        (case.source / "orders1.csv").write_bytes(b"\xfc," + data)
    elif damage == "database":
        (case.source / "reference.db").write_bytes(b"SQLite format 4, or so" * 300)
    else:
        with closing(sqlite3.connect(case.source / "reference.db")) as connection:
            connection.execute("DROP TABLE products")
    assert case.run() == 2
    assert case.ended.stderr.strip()
    assert b"Traceback" not in case.ended.stderr
    assert everything(case) == before


def test_headers_only(case: Case) -> None:
    case.orders([])
    assert case.run() == 0
    answers = case.answers()
    assert answers["meta"]["rows_in"] == 0
    assert answers["q2"] == []
    assert case.csv("cleaned.csv").empty


def test_cleaned_goes_in_again(case: Case) -> None:
    case.orders(
        [
            {"order_id": "a", "unit_price": "€ 1"},
            {
                "order_id": "b",
                "unit_price": "£1.234,5",
                "currency": "gbp",
                "region": '"x", y',
                "discount_pct": "3%",
            },
        ]
    )
    assert case.run() == 0
    cleaned = (case.target / "cleaned.csv").read_bytes()
    (case.source / "orders.csv").write_bytes(cleaned)
    assert case.run() == 0
    assert (case.target / "cleaned.csv").read_bytes() == cleaned
    assert case.csv("rejects.csv").empty
