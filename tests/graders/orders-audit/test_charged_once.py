"""What a check of one rule has charged is not charged again by the check of all rules together."""

import csv
from pathlib import Path
from types import SimpleNamespace

import pytest
from checks import CHECKS, LAST, Result
from generator import generate
from generator.model import CLEANED_COLUMNS, RULES
from outputs import Difference

MESS = generate("mess", 3, 60, RULES)
EVERYTHING = next(check for check in CHECKS if check.id == LAST)


def charged(folder: Path, added: str, failed: set[str]) -> list[Difference]:
    """What is charged of right rows and one more, of that id, after the checks of these rules have failed."""
    rows = list(MESS.expected.cleaned())
    everyone = sorted([*rows, (added, *rows[0][1:])], key=lambda row: row[0].encode())
    with (folder / "cleaned.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(CLEANED_COLUMNS)
        writer.writerows(everyone)
    result = Result(MESS, folder, folder, SimpleNamespace(status=0, seconds=1.0, stderr=""))
    bench = SimpleNamespace(result=lambda *_, **__: result, failed={"some"}, failed_rules=failed)
    return list(EVERYTHING.run(bench))  # type: ignore[arg-type]


@pytest.mark.parametrize("rule", ["R3", "R11"])
@pytest.mark.parametrize("spelling", ["", "N/A", " null ", "?"])
def test_an_order_without_an_id_is_charged_by_the_rule_of_null(
    tmp_path: Path, rule: str, spelling: str
) -> None:
    assert not charged(tmp_path, spelling, {rule})
    assert charged(tmp_path, spelling, set())


def test_an_order_under_its_padded_id_is_charged_by_the_rule_of_white_space(tmp_path: Path) -> None:
    padded = next(
        row.version.order_id
        for row in MESS.rows
        if any(one.rule == "R2" and one.column == "order_id" for one in MESS.layout.log[row.number])
    )
    assert not charged(tmp_path, f"\t{padded} ", {"R2"})
    assert charged(tmp_path, f"\t{padded} ", set())


def test_an_order_that_nothing_explains_is_charged(tmp_path: Path) -> None:
    assert charged(tmp_path, "ORD-FROM-NOWHERE", {"R2", "R3", "R11"})
