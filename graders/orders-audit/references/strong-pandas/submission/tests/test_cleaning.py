"""Columns, rejects and duplicates."""

from __future__ import annotations

import pytest
from conftest import COLUMNS, Case

SPELLINGS = {
    "unit_price": {
        "5": "5.00",
        "$1,250.5": "1250.50",
        "1.250,50": "1250.50",
        "1,250": "1250.00",
        "9.999.9": "9999.90",
        "0,05": "0.05",
        "USD 5": "!bad_price",
        ".5": "!bad_price",
        "none": "!missing_field",
    },
    "quantity": {
        "12": "12",
        "-4.0": "-4",
        "0": "!bad_quantity",
        "2.5": "!bad_quantity",
        "many": "!bad_quantity",
        "?": "!missing_field",
    },
    "discount_pct": {
        "10": "10.00",
        "0.5": "0.50",
        "12.25%": "12.25",
        "N/A": "0.00",
        "100%": "100.00",
        "101": "!bad_discount",
        "-5": "!bad_discount",
        "1,5": "!bad_discount",
    },
    "ordered_at": {
        "2023-06-15 13:45": "2023-06-15T13:45:00Z",
        "2023-06-30T23:30:00-01:00": "2023-07-01T00:30:00Z",
        "2023-07-01T00:30:00+01:00": "2023-06-30T23:30:00Z",
        "07/06/2023": "2023-06-07T00:00:00Z",
        "07/06/2023 01:02:03": "2023-06-07T01:02:03Z",
        "06/15/2023": "!bad_timestamp",
        "2023-06-31": "!bad_timestamp",
        "2023-06-15T10:00": "!bad_timestamp",
        "15.06.2023": "!bad_timestamp",
        "-": "!missing_field",
    },
    "region": {
        "far   NORTH": "Far North",
        " o'NEILL bay ": "O'neill Bay",
        "2nd ring": "2nd Ring",
        "mid-WEST": "Mid-west",
        "Null": "Unknown",
        "": "Unknown",
    },
    "currency": {"gbp": "GBP", " usd": "USD", "CHF": "!bad_currency", "": "!missing_field"},
    "product_id": {"w-1": "W-1", "W-2": "W-2", "W1": "!unknown_product", "na": "!missing_field"},
    "customer_id": {"k1": "K1", "007": "007", "-": "", "nobody": "NOBODY"},
}


@pytest.mark.parametrize("column", SPELLINGS)
def test_spellings(case: Case, column: str) -> None:
    assert case.column(column, list(SPELLINGS[column])) == list(SPELLINGS[column].values())


def test_parts_as_they_come(case: Case) -> None:
    """CRLF and a BOM, columns in another order, an unknown one, quotes and line breaks, an empty line, no last line end."""
    columns = ["comment", *reversed(COLUMNS)]
    cells = {
        "comment": '"a ""b"",\r\nc"',
        "exported_at": "2023-07-01",
        "currency": "USD",
        "unit_price": '"1,5"',
        "quantity": "1",
        "ordered_at": "2023-06-15",
        "region": '"new\r\n\r\nland"',
        "product_id": "W-1",
    }
    lines = [",".join(columns)]
    for order_id in ("A", "B"):
        lines.append(",".join({**cells, "order_id": order_id}.get(column, "") for column in columns))
    lines.insert(2, "")
    lines.append("A,B")
    lines.append(lines[1].replace("A", "C").replace("new", "n\xfcw"))
    text = "\r\n".join(lines)
    (case.source / "orders-x.csv").write_bytes(b"\xef\xbb\xbf" + text.encode("latin-1"))
    assert case.run() == 0
    cleaned = case.csv("cleaned.csv")
    assert cleaned["order_id"].tolist() == ["A", "B"]
    assert cleaned["region"].tolist() == ["New Land", "New Land"]
    assert cleaned["unit_price"].tolist() == ["1.50", "1.50"]
    assert case.csv("rejects.csv")["line"].tolist() == ["11", "12"]
    assert set(case.csv("rejects.csv")["reason"]) == {"unparsable"}


def test_no_rate_yet(case: Case) -> None:
    days = ["2023-06-01T23:59:59Z", "2023-06-02", "2023-06-08", "2023-06-09", "2024-01-01"]
    case.orders([{"order_id": f"{n}", "ordered_at": day, "currency": "GBP"} for n, day in enumerate(days)])
    assert case.run() == 0
    assert case.csv("cleaned.csv")["net_revenue_usd"].tolist() == ["25.00", "25.00", "24.69", "24.69"]
    assert case.csv("rejects.csv").values.tolist() == [["orders.csv", "2", "no_fx_rate"]]


def test_the_latest_good_row_of_an_order_counts(case: Case) -> None:
    first = {"order_id": "x1", "quantity": "1", "exported_at": "2023-07-02T01:00:00+03:00"}
    second = {"order_id": "X1", "quantity": "2", "exported_at": "2023-07-01 22:30"}
    third = {"order_id": "X1", "quantity": "0", "exported_at": "2023-07-09"}
    case.orders([second, third], name="orders_a.csv")
    case.orders([first, second], name="orders_b.csv")
    assert case.run() == 0
    assert case.csv("cleaned.csv")["quantity"].tolist() == ["2"]
    meta = case.answers()["meta"]
    assert (meta["rows_in"], meta["rows_rejected"], meta["duplicates_dropped"]) == (4, 1, 2)
