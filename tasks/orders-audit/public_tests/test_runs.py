"""How runs end, and what they leave."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pytest
from conftest import COLUMNS, Folder

FILES = ("cleaned.csv", "rejects.csv", "answers.json", "report.md")


def read(folder: Folder) -> list[bytes]:
    return [(folder.output / name).read_bytes() for name in FILES]


@pytest.mark.parametrize("damage", ["no-part", "no-column", "no-database", "no-table"])
def test_unusable_input_is_exit_2_and_changes_nothing(folder: Folder, damage: str) -> None:
    folder.part({})
    folder.succeed()
    before = read(folder)
    if damage == "no-part":
        (folder.input / "orders.csv").unlink()
    elif damage == "no-column":
        (folder.input / "orders_2.csv").write_text(",".join(COLUMNS[:-1]) + "\n", encoding="utf-8")
    elif damage == "no-database":
        (folder.input / "reference.db").unlink()
    else:
        with closing(sqlite3.connect(folder.input / "reference.db")) as connection:
            connection.execute("DROP TABLE fx_rates")
    outputs = folder.run()
    assert outputs.status == 2
    assert outputs.stderr.strip()
    assert "Traceback" not in outputs.stderr
    assert read(folder) == before


def test_a_part_with_nothing_but_its_header_is_fine(folder: Folder) -> None:
    folder.part()
    answers = folder.succeed().answers
    assert answers["q1"] == []
    assert answers["meta"]["rows_in"] == 0
    assert answers["meta"]["total_net_revenue_usd"] == "0.00"


def test_running_twice_gives_the_same(folder: Folder) -> None:
    folder.part({}, {"region": "South", "quantity": "x"})
    folder.succeed()
    before = read(folder)
    folder.succeed()
    assert read(folder) == before


def test_cleaned_is_valid_input(folder: Folder) -> None:
    folder.part(
        {"unit_price": "1.234,5", "customer_id": "-"}, {"quantity": "-1.0", "ordered_at": "10/01/2024"}
    )
    first = folder.succeed()
    answers, cleaned = first.answers, first.table("cleaned.csv")
    shutil.copy(folder.output / "cleaned.csv", folder.input / "orders.csv")
    again = folder.succeed()
    assert again.rejects == []
    assert again.table("cleaned.csv") == cleaned
    assert [again.answers[name] for name in ("q1", "q2", "q3", "q4")] == [
        answers[name] for name in ("q1", "q2", "q3", "q4")
    ]
