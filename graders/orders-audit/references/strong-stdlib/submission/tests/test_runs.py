"""Exit status, reruns, and what is left of earlier outputs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import COLUMNS, Desk

PNG_END = b"IEND\xaeB`\x82"


def contents(folder: Path) -> dict[str, bytes]:
    names = ("cleaned.csv", "rejects.csv", "answers.json", "report.md", "plots/monthly_revenue.csv")
    return {name: (folder / name).read_bytes() for name in names}


def test_no_orders_at_all(desk: Desk) -> None:
    desk.part()
    ended = desk.succeed()
    answers = ended.answers
    assert [answers[question] for question in ("q1", "q2", "q3", "q4")] == [[], [], [], []]
    assert answers["meta"]["total_net_revenue_usd"] == "0.00"
    assert ended.cleaned == []
    assert (ended.folder / "plots/return_rate.png").read_bytes().endswith(PNG_END)


@pytest.mark.parametrize(
    "damage",
    [
        "no-part",
        "no-column",
        "not-utf8",
        "empty-part",
        "no-database",
        "no-sqlite",
        "no-table",
        "no-table-column",
    ],
)
def test_unusable_input(desk: Desk, damage: str) -> None:
    desk.part({})
    before = contents(desk.succeed().folder)
    database = desk.input / "reference.db"
    if damage == "no-part":
        (desk.input / "orders.csv").rename(desk.input / "Orders.csv")
    elif damage == "no-column":
        desk.bytes(",".join(COLUMNS[1:]).encode(), name="orders2.csv")
    elif damage == "not-utf8":
        desk.bytes(",".join((*COLUMNS, "caf\xe9")).encode("latin-1"), name="orders2.csv")
    elif damage == "empty-part":
        desk.bytes(b"", name="orders2.csv")
    elif damage == "no-database":
        database.unlink()
    elif damage == "no-sqlite":
        database.write_bytes(b"no database at all, " * 100)
    elif damage == "no-table":
        desk.reference("DROP TABLE addresses")
    else:
        desk.reference("ALTER TABLE products RENAME COLUMN category TO kind")
    ended = desk.run()
    assert ended.status == 2, ended.stderr
    assert ended.stderr.strip()
    assert "Traceback" not in ended.stderr
    assert contents(desk.output) == before


def test_running_again_gives_the_same(desk: Desk, tmp_path: Path) -> None:
    desk.part({"order_id": "OLD"})
    desk.succeed()
    desk.part({"order_id": "NEW"}, {"order_id": "N2", "region": "süd"})
    first = contents(desk.succeed().folder)
    assert contents(desk.succeed().folder) == first
    assert desk.run(tmp_path / "fresh" / "output").status == 0
    assert contents(tmp_path / "fresh" / "output") == first


def test_cleaned_is_input(desk: Desk) -> None:
    desk.part(
        {"unit_price": "€1.234,5", "discount_pct": "2.5%", "ordered_at": "05/03/2024", "customer_id": "-"},
        {"order_id": "b2", "region": "null", "quantity": "-2.0", "currency": "eur"},
        {"order_id": "B2", "region": "far  east", "currency": "EUR", "exported_at": "2024-03-09"},
    )
    first = desk.succeed()
    cleaned, answers = (first.folder / "cleaned.csv").read_bytes(), first.answers
    shutil.rmtree(first.folder)
    desk.bytes(cleaned)
    again = desk.succeed()
    assert again.rejects == []
    assert (again.folder / "cleaned.csv").read_bytes() == cleaned
    for question in ("q1", "q2", "q3", "q4"):
        assert again.answers[question] == answers[question]
