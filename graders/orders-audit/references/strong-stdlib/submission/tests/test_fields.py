"""Rules for single fields: many spellings in one run."""

from __future__ import annotations

from collections.abc import Callable

from conftest import Desk

Field = Callable[[str, list[str]], list[str | None]]


def test_prices(field: Field) -> None:
    spellings = {
        "1234.5": "1234.50",
        "1,5": "1.50",
        "1.234": "1234.00",
        "1,234.50": "1234.50",
        "1.234,5": "1234.50",
        "€12,30": "12.30",
        "12,3456": "123456.00",
        "1.234.50": "1234.50",
        "-3": None,
        "3.": None,
        "free": None,
        "£ 5": None,
    }
    assert field("unit_price", list(spellings)) == list(spellings.values())


def test_quantities(field: Field) -> None:
    spellings = {
        "2": "2",
        "-3.00": "-3",
        "007": "7",
        "0": None,
        "-0.0": None,
        "1.5": None,
        "+2": None,
        "1e3": None,
    }
    assert field("quantity", list(spellings)) == list(spellings.values())


def test_discounts(field: Field) -> None:
    spellings = {
        "5": "5.00",
        "0.15": "0.15",
        "12.5%": "12.50",
        "n/a": "0.00",
        "100": "100.00",
        "100.01": None,
        "-1": None,
        "7,5": None,
        "1.234": None,
    }
    assert field("discount_pct", list(spellings)) == list(spellings.values())


def test_currencies(field: Field) -> None:
    assert field("currency", ["usd", " Eur ", "JPY", "$"]) == ["USD", "EUR", None, None]


def test_regions(field: Field) -> None:
    spellings = {
        "north  WEST": "North West",
        " \tsouth\t": "South",
        "north-west": "North-west",
        "O'BRIEN": "O'brien",
        "3rd zone": "3rd Zone",
        "éST\n süd": "Ést Süd",
        "NULL": "Unknown",
        "-": "Unknown",
        "?": "Unknown",
        "": "Unknown",
    }
    assert field("region", list(spellings)) == list(spellings.values())


def test_times(field: Field) -> None:
    spellings = {
        "2024-03-05": "2024-03-05T00:00:00Z",
        "2024-03-05 07:08": "2024-03-05T07:08:00Z",
        "2024-03-05T07:08:09": "2024-03-05T07:08:09Z",
        "2024-04-01T01:30:00+02:00": "2024-03-31T23:30:00Z",
        "2024-03-31T20:00:00-05:30": "2024-04-01T01:30:00Z",
        "05/03/2024": "2024-03-05T00:00:00Z",
        "05/12/2024 23:59:58": "2024-12-05T23:59:58Z",
        "2024-02-30": None,
        "03/25/2024": None,
        "2024-3-5": None,
        "2024-03-05T10:00Z": None,
        "2024-03-05 24:00": None,
        "1709632800": None,
    }
    assert field("ordered_at", list(spellings)) == list(spellings.values())


def test_ids_are_upper_case_strings(desk: Desk) -> None:
    desk.part(
        {"order_id": " 00a1 ", "customer_id": "c-1", "product_id": "p-1"},
        {"order_id": "0002", "customer_id": "none", "product_id": "007"},
    )
    rows = desk.succeed().cleaned
    found = [(row["order_id"], row["customer_id"], row["product_id"]) for row in rows]
    assert found == [("0002", "", "007"), ("00A1", "C-1", "P-1")]
