"""Records, rejects and duplicates."""

from __future__ import annotations

import pytest
from conftest import COLUMNS, PLAIN, Desk

LINE = ",".join(PLAIN.values())
HEADER = ",".join(COLUMNS)


def test_csv_with_everything(desk: Desk) -> None:
    """BOM, CRLF, other columns in another order, quotes, line breaks in fields, empty lines."""
    header = "note,exported_at," + ",".join(COLUMNS[:-1])
    row = '"two\r\nlines, ""q""",2024-03-06,{id},C-1,P-1,"North\r\n west",2024-03-05,1,10,USD,0'
    text = "\r\n".join([header, row.format(id="A1"), "", row.format(id="A2"), "x,y", row.format(id="A3")])
    desk.bytes(b"\xef\xbb\xbf" + text.encode())
    ended = desk.succeed()
    assert [(row["order_id"], row["region"]) for row in ended.cleaned] == [
        ("A1", "North West"),
        ("A2", "North West"),
        ("A3", "North West"),
    ]
    assert ended.rejects == [("orders.csv", 9, "unparsable")]


def test_bytes_that_are_not_utf8_reject_their_record_only(desk: Desk) -> None:
    bad = LINE.replace("North", "N\xf8rd").encode("latin-1")
    desk.bytes(b"\n".join([HEADER.encode(), bad, LINE.encode()]))
    ended = desk.succeed()
    assert ended.rejects == [("orders.csv", 2, "unparsable")]
    assert len(ended.cleaned) == 1


@pytest.mark.parametrize("column", ["order_id", "product_id", "quantity", "exported_at"])
def test_required_fields(desk: Desk, column: str) -> None:
    desk.part({column: " N/A "}, {"order_id": "A2"})
    assert desk.succeed().rejects == [("orders.csv", 2, "missing_field")]


def test_the_first_reason_counts(desk: Desk) -> None:
    faults = {
        "ordered_at": "never",
        "quantity": "0",
        "unit_price": "?x",
        "currency": "CHF",
        "discount_pct": "half",
        "product_id": "P-99",
    }
    rows = []
    while faults:
        rows.append(dict(faults))
        del faults[next(iter(faults))]
    desk.part(*rows, {"currency": "EUR", "ordered_at": "2024-02-29"})
    assert [reason for _, _, reason in desk.succeed().rejects] == [
        "bad_timestamp",
        "bad_quantity",
        "bad_price",
        "bad_currency",
        "bad_discount",
        "unknown_product",
        "no_fx_rate",
    ]


def test_the_latest_export_of_all_parts_counts(desk: Desk) -> None:
    desk.part(
        {"order_id": "a1", "quantity": "2", "exported_at": "2024-03-07T00:30:00+05:00"},
        {"order_id": "A1", "quantity": "0", "exported_at": "2024-04-01"},
        {"order_id": "A2"},
        name="orders_1.csv",
    )
    desk.part(
        {"order_id": "A1", "quantity": "3", "exported_at": "2024-03-06T23:00:00Z"},
        {"order_id": "A1", "quantity": "4", "exported_at": "2024-03-06"},
        {"order_id": "A2"},
        name="orders_2.csv",
    )
    ended = desk.succeed()
    assert [(row["order_id"], row["quantity"]) for row in ended.cleaned] == [("A1", "3"), ("A2", "1")]
    meta = ended.answers["meta"]
    assert meta["rows_in"] == 6
    assert meta["rows_clean"] == 2
    assert meta["rows_rejected"] == 1
    assert meta["duplicates_dropped"] == 3


def test_only_parts_are_read(desk: Desk) -> None:
    desk.part({"order_id": "A1"}, name="orders-10.csv")
    desk.part({"order_id": "A2", "quantity": "x"}, name="orders-9.csv")
    desk.part({"order_id": "A3", "quantity": "y"}, name="orders-10.csv.bak")
    desk.part({"order_id": "A4"}, name="Orders.csv")
    (desk.input / "orders.csv").mkdir()
    ended = desk.succeed()
    assert [row["order_id"] for row in ended.cleaned] == ["A1"]
    assert ended.rejects == [("orders-9.csv", 2, "bad_quantity")]
