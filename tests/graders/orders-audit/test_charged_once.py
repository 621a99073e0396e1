"""What one check has charged is not charged again by another."""

import csv
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import scenarios
from checks import CHECKS, LAST, Result
from generator import generate
from generator.model import CLEANED_COLUMNS, RULES
from outputs import Difference

MESS = generate("mess", 3, 60, RULES)
EVERYTHING = next(check for check in CHECKS if check.id == LAST)


def write_cleaned(folder: Path, rows: Sequence[Sequence[str]]) -> None:
    with (folder / "cleaned.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(CLEANED_COLUMNS)
        writer.writerows(rows)


def charged(folder: Path, added: str, failed: set[str]) -> list[Difference]:
    """What is charged of right rows and one more, of that id, after the checks of these rules have failed."""
    rows = list(MESS.expected.cleaned())
    everyone = sorted([*rows, (added, *rows[0][1:])], key=lambda row: row[0].encode())
    write_cleaned(folder, everyone)
    result = Result(MESS, folder, folder, SimpleNamespace(status=0, seconds=1.0, stderr=""))
    bench: Any = SimpleNamespace(joint=lambda _: result, failed={"some"}, failed_rules=failed)
    return list(EVERYTHING.run(bench))


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


LOCKED = generate("sample", 20, scenarios._ROWS, [])
PLAIN = generate("sample", 4, 60, [])


@pytest.mark.parametrize(
    ("plain", "locked", "charges"),
    [
        (slice(None), slice(None), 0),
        # In another order, always; only while the database is locked; and without an order, too.
        (slice(None, None, -1), slice(None, None, -1), 0),
        (slice(None), slice(None, None, -1), 1),
        (slice(None, None, -1), slice(None, 0, -1), 1),
    ],
)
def test_what_a_plain_run_does_as_well_is_not_charged_by_locks(
    tmp_path: Path, plain: slice, locked: slice, charges: int
) -> None:
    def run(_source: Path, output: Path, **_: object) -> SimpleNamespace:
        output.mkdir()
        write_cleaned(output, list(LOCKED.expected.cleaned())[locked])
        return SimpleNamespace(status=0, seconds=1.0, stderr="")

    sample = tmp_path / "sample"
    sample.mkdir()
    write_cleaned(sample, list(PLAIN.expected.cleaned())[plain])
    result = Result(PLAIN, sample, sample, SimpleNamespace(status=0, seconds=1.0, stderr=""))
    bench: Any = SimpleNamespace(
        result=lambda *_, **__: result, runner=SimpleNamespace(run=run), place=lambda: tmp_path
    )
    check = next(check for check in CHECKS if check.id == "locked-reference")
    assert len(list(check.run(bench))) == charges
