"""The contract in small cases."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from conftest import HEADER, Shop

GOOD = "{id},0101,0020,South,2022-03-01,1,10,USD,,2022-03-02"


def test_fields(shop: Shop) -> None:
    shop.lines(
        ' a1 ,0101,xy,north  EAST,01/03/2022 10:05,2.0,"1.234,5",eur,5%,2022-03-02T00:00:00Z',
        "a2,NULL,0020,-,2022-03-01T00:30:00+01:00,-1,$7,USD,0.25,2022-03-02 12:00:00",
        'a3,none,Z,"o\'neil\n\t PARK",2022-03-31T23:00:00-02:00,003,"1,234",usd,?,02/03/2022',
    )
    assert shop.succeed().rows("cleaned.csv") == [
        _row("A1,0101,XY,North East,2022-03-01T10:05:00Z,2,1234.50,EUR,5.00,2022-03-02T00:00:00Z,2638.74"),
        _row("A2,,0020,Unknown,2022-02-28T23:30:00Z,-1,7.00,USD,0.25,2022-03-02T12:00:00Z,-6.98"),
        _row("A3,,Z,O'neil Park,2022-04-01T01:00:00Z,3,1234.00,USD,0.00,2022-03-02T00:00:00Z,3702.00"),
    ]


def _row(cells: str) -> dict[str, str]:
    return dict(zip(f"{HEADER},net_revenue_usd".split(","), cells.split(","), strict=True))


def test_reasons(shop: Shop) -> None:
    shop.lines(
        "short,row",
        ",,,,,,,,,",
        "b,,Q,,2022-02-30,x,x,x,x,2022-03-01",
        "b,,Q,,2022-03-01,0,x,x,x,2022-03-01",
        "b,,Q,,2022-03-01,1,1.,x,x,2022-03-01",
        "b,,Q,,2022-03-01,1,1,x,x,2022-03-01",
        "b,,Q,,2022-03-01,1,1,EUR,100.5,2022-03-01",
        "b,,Q,,2022-02-01,1,1,EUR,,2022-03-01",
        "b,,Z,,2022-02-24,1,1,EUR,,2022-03-01",
        "b,,Z,,2022-03-01,1,1,EUR,,12/31/2022",
        "",
        "b,,Z,,2022-03-01,1,n/a,EUR,,2022-03-01",
    )
    assert shop.succeed().rejects() == [
        ("2", "unparsable"),
        ("3", "missing_field"),
        ("4", "bad_timestamp"),
        ("5", "bad_quantity"),
        ("6", "bad_price"),
        ("7", "bad_currency"),
        ("8", "bad_discount"),
        ("9", "unknown_product"),
        ("10", "no_fx_rate"),
        ("11", "bad_timestamp"),
        ("13", "missing_field"),
    ]


def test_bytes_and_physical_lines(shop: Shop) -> None:
    header = b'\xef\xbb\xbf"order_id",extra,' + HEADER.removeprefix("order_id,").encode()
    rows = [
        b'c1,"one\r\ntwo",0101,0020,"S,\r\n""x""",2022-03-01,1,10,USD,,2022-03-02',
        b"c2,\xff,0101,0020,South,2022-03-01,1,10,USD,,2022-03-02",
        b"c3,,0101,0020,S\xc3\xbcd,2022-03-01,1,10,USD,,2022-03-02",
    ]
    (shop.input / "orders.csv").write_bytes(b"\r\n".join([header, *rows]))
    done = shop.succeed()
    assert done.cells("order_id", "region") == [("C1", 'S, "x"'), ("C3", "Süd")]
    assert done.rejects() == [("5", "unparsable")]


def test_duplicates_over_parts(shop: Shop) -> None:
    row = "{id},0101,0020,South,2022-03-01,{quantity},10,USD,,{exported}"
    shop.lines(
        row.format(id="d1", quantity=1, exported="2022-03-05T00:00:00+14:00"),
        row.format(id="d2", quantity=5, exported="2022-03-05"),
        name="orders_b.csv",
    )
    shop.lines(
        row.format(id="D1", quantity=2, exported="04/03/2022 11:00"),
        row.format(id="D1", quantity=3, exported="2022-03-04 09:59:59"),
        row.format(id="d2", quantity=5, exported="2022-03-05T00:00:00"),
        row.format(id="d2", quantity="zero", exported="2022-03-06"),
        name="orders_a.csv",
    )
    done = shop.succeed()
    assert done.cells("order_id", "quantity") == [("D1", "2"), ("D2", "5")]
    assert done.answers()["meta"] == {
        "rows_in": 6,
        "rows_clean": 2,
        "rows_rejected": 1,
        "duplicates_dropped": 3,
        "total_net_revenue_usd": "70.00",
    }


def test_answers(shop: Shop) -> None:
    row = "{id},{customer},{product},{region},2022-0{month}-01,{quantity},{price},USD,{discount},2022-06-01"
    plain = {"customer": "0101", "product": "0020", "region": "a", "month": 3, "quantity": 1, "discount": 0}
    shop.lines(
        row.format(**{**plain, "id": 1, "price": "0.25", "discount": 50}),
        row.format(**{**plain, "id": 2, "price": "0.25", "discount": 50, "quantity": -1, "month": 4}),
        row.format(**{**plain, "id": 3, "price": "9", "customer": "AB-2", "product": "XY", "region": "b"}),
        row.format(**{**plain, "id": 4, "price": "9", "customer": "0103", "product": "Z", "region": "b"}),
        row.format(**{**plain, "id": 5, "price": "0.01", "customer": "", "product": "Z", "discount": 70}),
    )
    done = shop.succeed()
    answers = done.answers()
    assert answers["q1"] == [
        {"month": "2022-03", "net_revenue_usd": "18.13"},
        {"month": "2022-04", "net_revenue_usd": "-0.13"},
    ]
    assert answers["q2"] == [
        {"product_id": "Z", "net_revenue_usd": "9.00"},
        {"product_id": "XY", "net_revenue_usd": "9.00"},
        {"product_id": "0020", "net_revenue_usd": "0.00"},
    ]
    assert [(row["region"], row["rate"], row["low"], row["high"]) for row in answers["q3"]] == [
        ("A", "0.3333", "0.0615", "0.7923"),
        ("B", "0.0000", "0.0000", "0.6576"),
    ]
    assert answers["q4"] == [
        {"country": "Unknown", "net_revenue_usd": "9.00"},
        {"country": "Austria", "net_revenue_usd": "9.00"},
        {"country": "Italy", "net_revenue_usd": "0.00"},
    ]
    assert done.rows("plots/monthly_revenue.csv") == answers["q1"]
    report = (done.output / "report.md").read_text(encoding="utf-8")
    for text in ("18.13", "18.00", "0.3333", "Unknown", "Limitations"):
        assert text in report


def test_warehouse_is_cleaned(shop: Shop) -> None:
    shop.lines(GOOD.format(id="e1"), "e0,,Z,,2022-03-01,2,3,EUR,,2022-03-02")
    shop.succeed()
    with closing(sqlite3.connect(shop.output / "warehouse.sqlite")) as connection:
        rows = connection.execute(
            "SELECT order_id, customer_id, region, CAST(net_revenue_usd AS REAL) FROM orders_clean ORDER BY 1"
        ).fetchall()
    assert rows == [("E0", None, "Unknown", 6.75), ("E1", "0101", "South", 10.0)]


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("orders9.csv", HEADER.replace("region", "Region").encode()),
        ("orders9.csv", b""),
        ("orders9.csv", HEADER.encode() + b",\xe9\n"),
        ("reference.db", b""),
        ("reference.db", b"nothing that SQLite knows " * 200),
    ],
    ids=["column", "empty", "bytes", "empty-database", "no-database"],
)
def test_unusable_input(shop: Shop, file: str, content: bytes) -> None:
    shop.lines(GOOD.format(id="f"))
    shop.succeed()
    before = (shop.output / "answers.json").read_bytes()
    (shop.input / file).write_bytes(content)
    done = shop.analyze()
    assert done.status == 2
    assert done.error.strip()
    assert "Traceback" not in done.error
    assert (shop.output / "answers.json").read_bytes() == before


def test_no_part(shop: Shop) -> None:
    shop.lines(GOOD.format(id="g"), name="ORDERS.csv")
    assert shop.analyze().status == 2


def test_rerun_and_fixed_point(shop: Shop) -> None:
    shop.lines(GOOD.format(id="old"))
    shop.succeed()
    shop.lines('h1,0101,Xy,"East, ""far""",01/03/2022,1,"€2.000,5",EUR,2.5%,2022-03-02', GOOD.format(id="h0"))
    first = {path.name: path.read_bytes() for path in shop.succeed().output.glob("*.[cjm]*")}
    second = {path.name: path.read_bytes() for path in shop.succeed().output.glob("*.[cjm]*")}
    assert first == second
    (shop.input / "orders.csv").write_bytes(first["cleaned.csv"])
    again = shop.succeed()
    assert again.rejects() == []
    assert (again.output / "cleaned.csv").read_bytes() == first["cleaned.csv"]


def test_headers_only(shop: Shop) -> None:
    shop.lines()
    done = shop.succeed()
    assert done.cells("order_id") == []
    assert done.answers()["q3"] == []
