"""Money, the four questions, and the outputs that repeat them."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from conftest import COLUMNS, Desk


def test_rounding_is_away_from_zero_and_last(desk: Desk) -> None:
    half = {"unit_price": "0.25", "discount_pct": "50"}
    desk.part(
        {"order_id": "A1", **half},
        {"order_id": "A2", **half},
        {"order_id": "A3", **half, "quantity": "-1", "ordered_at": "2024-05-01"},
        {"order_id": "A4", "unit_price": "2.01", "discount_pct": "50", "ordered_at": "2024-06-01"},
        {
            "order_id": "A5",
            "unit_price": "5",
            "discount_pct": "100",
            "quantity": "-1",
            "ordered_at": "2024-07-01",
        },
    )
    ended = desk.succeed()
    assert [row["net_revenue_usd"] for row in ended.cleaned] == ["0.13", "0.13", "-0.13", "1.01", "0.00"]
    assert [row["net_revenue_usd"] for row in ended.answers["q1"]] == ["0.25", "-0.13", "1.01", "0.00"]
    assert ended.answers["meta"]["total_net_revenue_usd"] == "1.13"


def test_rates_hold_until_the_next_one_by_utc_day(desk: Desk) -> None:
    eur = {"currency": "EUR", "unit_price": "100"}
    desk.part(
        {**eur, "order_id": "A1", "ordered_at": "2024-03-03 23:59"},
        {**eur, "order_id": "A2", "ordered_at": "2024-03-04T01:00:00+02:00"},
        {**eur, "order_id": "A3", "ordered_at": "2024-03-04"},
        {**eur, "order_id": "A4", "ordered_at": "2024-09-01"},
    )
    revenue = [row["net_revenue_usd"] for row in desk.succeed().cleaned]
    assert revenue == ["110.00", "110.00", "125.00", "125.00"]


def test_products_rank_before_rounding_and_tie_by_id(desk: Desk) -> None:
    desk.part(
        {"order_id": "A1", "product_id": "P-1", "unit_price": "50"},
        {"order_id": "A2", "product_id": "P-3", "unit_price": "50"},
        {"order_id": "A3", "product_id": "P-3", "unit_price": "0.01", "discount_pct": "90"},
        {"order_id": "A4", "product_id": "p-6", "unit_price": "70"},
        {"order_id": "A5", "product_id": "P-5", "unit_price": "70"},
        {"order_id": "A6", "product_id": "P-4", "unit_price": "5"},
        {"order_id": "A7", "product_id": "P-2", "unit_price": "4"},
    )
    assert desk.succeed().answers["q2"] == [
        {"product_id": "P-5", "net_revenue_usd": "70.00"},
        {"product_id": "P-6", "net_revenue_usd": "70.00"},
        {"product_id": "P-3", "net_revenue_usd": "50.00"},
        {"product_id": "P-1", "net_revenue_usd": "50.00"},
        {"product_id": "P-4", "net_revenue_usd": "5.00"},
    ]


def test_return_rates(desk: Desk) -> None:
    rows = [{"order_id": f"N{n}", "quantity": "-1" if n == 0 else "1"} for n in range(9)]
    rows += [{"order_id": f"S{n}", "region": "south", "quantity": "-1" if n == 0 else "1"} for n in range(32)]
    desk.part(*rows)
    north, south = desk.succeed().answers["q3"]
    assert north == {
        "region": "North",
        "orders": 9,
        "returned": 1,
        "rate": "0.1111",
        "low": "0.0199",
        "high": "0.4350",
    }
    assert south["rate"] == "0.0313"


def test_countries(desk: Desk) -> None:
    desk.part(
        {"order_id": "A1", "customer_id": "C-1", "unit_price": "5"},
        {"order_id": "A2", "customer_id": "C-2", "unit_price": "30"},
        {"order_id": "A3", "customer_id": "C-3", "unit_price": "3"},
        {"order_id": "A4", "customer_id": "X-9", "unit_price": "1"},
        {"order_id": "A5", "customer_id": "null", "unit_price": "1"},
    )
    assert desk.succeed().answers["q4"] == [
        {"country": "Norway", "net_revenue_usd": "30.00"},
        {"country": "Germany", "net_revenue_usd": "5.00"},
        {"country": "Unknown", "net_revenue_usd": "5.00"},
    ]


def test_warehouse_holds_the_cleaned_rows(desk: Desk) -> None:
    desk.part({"customer_id": ""}, {"order_id": "A2", "unit_price": "1.234,5"})
    ended = desk.succeed()
    names = ", ".join((*COLUMNS, "net_revenue_usd"))
    with closing(sqlite3.connect(ended.folder / "warehouse.sqlite")) as connection:
        rows = connection.execute(f"SELECT {names} FROM orders_clean ORDER BY order_id").fetchall()
        keys = [row[1] for row in connection.execute("PRAGMA table_info(orders_clean)") if row[5]]
    assert keys == ["order_id"]
    assert [row[1] for row in rows] == [None, "C-1"]
    assert [float(row[6]) for row in rows] == [10.0, 1234.5]


def test_plots_and_report_repeat_the_answers(desk: Desk) -> None:
    desk.part(
        {"unit_price": "12.5"}, {"order_id": "A2", "quantity": "bad"}, {"order_id": "A3", "region": "x y"}
    )
    ended = desk.succeed()
    assert ended.table("plots/monthly_revenue.csv") == ended.answers["q1"]
    regions = [{key: str(value) for key, value in row.items()} for row in ended.answers["q3"]]
    assert ended.table("plots/return_rate.csv") == regions
    for name in ("plots/monthly_revenue.png", "plots/return_rate.png"):
        image = (ended.folder / name).read_bytes()
        assert image.startswith(b"\x89PNG")
        assert int.from_bytes(image[16:20], "big") >= 400
        assert int.from_bytes(image[20:24], "big") >= 300
    report = (ended.folder / "report.md").read_text(encoding="utf-8")
    for text in (
        "Summary",
        "Data quality",
        "Findings",
        "Assumptions",
        "Limitations",
        "plots/return_rate.png",
    ):
        assert text in report
    assert "22.50" in report
    assert "2024-03" in report
