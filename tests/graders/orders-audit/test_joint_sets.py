"""Joint sets acquit: they show what the sets show that they stand for, and decide nothing against a submission."""

import shutil
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from checks import CHECKS, Bench
from generator import DataSet, generate
from joint_sets import FIELDS, JOINT_SETS, ROWS, JointSet, joint_set_of


def shown(data: DataSet) -> Counter[tuple[str, ...]]:
    """How often each kind of spelling, fault and trap occurs."""
    found: Counter[tuple[str, ...]] = Counter()
    for row in data.rows:
        found.update((one.rule, one.column, one.kind) for one in data.layout.log[row.number])
        found.update((one.reason, one.column) for one in row.faults)
        found.update((trap,) for trap in row.traps)
    found["duplicates",] = len(data.expected.duplicates)
    return found


@pytest.mark.parametrize("joint", JOINT_SETS, ids=lambda joint: f"{joint.profile} {len(joint.rules)}")
def test_a_joint_set_shows_what_the_others_do(joint: JointSet) -> None:
    # Chance may have a kind once less in one data set, but not in the sum of some.
    seeds = range(1, 13)
    together = sum(
        (shown(generate(joint.profile, seed, joint.rows, joint.rules)) for seed in seeds), Counter()
    )
    for rules in joint.stands_for:
        assert rules <= set(joint.rules)
        alone = sum((shown(generate(joint.profile, seed, ROWS, rules)) for seed in seeds), Counter())
        assert not alone - together, sorted(rules)


class _Analyst:
    """Stands in for a submission that writes what is right, or all but the first order."""

    def __init__(self, spoilt: bool) -> None:
        self.spoilt = spoilt
        self.runs: list[Path] = []

    def run(self, source: Path, output: Path, **_: object) -> SimpleNamespace:
        self.runs.append(source)
        shutil.copytree(source.parent / "expected", output)
        if self.spoilt:
            cleaned = output / "cleaned.csv"
            first, *rest = cleaned.read_text(encoding="utf-8").splitlines(keepends=True)
            cleaned.write_text(first + "".join(rest[1:]), encoding="utf-8")
        return SimpleNamespace(status=0, seconds=1.0, stderr="")


def _bench(folder: Path, analyst: _Analyst, monkeypatch: pytest.MonkeyPatch) -> Bench:
    write = DataSet.write

    def write_both(self: DataSet, place: Path) -> None:
        write(self, place)
        self.write_expected(place.parent / "expected")

    monkeypatch.setattr(DataSet, "write", write_both)
    starts: Any = analyst
    return Bench(starts, folder, 5)


_OF_FIELDS = [check for check in CHECKS if check.id in ("fields-quantity", "fields-price", "timestamps-bad")]


def test_what_is_right_in_a_joint_set_is_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyst = _Analyst(spoilt=False)
    bench = _bench(tmp_path, analyst, monkeypatch)
    assert [bench.found(check) for check in _OF_FIELDS] == [[], [], []]
    assert len(analyst.runs) == 1


def test_what_is_wrong_in_a_joint_set_is_judged_by_each_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyst = _Analyst(spoilt=True)
    bench = _bench(tmp_path, analyst, monkeypatch)
    charged = [result for check in _OF_FIELDS for _, result in bench.found(check)]
    assert {result.data.profile.rules for result in charged if result} == {
        frozenset({"R7"}),
        frozenset({"R8"}),
    }
    # The joint set, and one for each of three rules.
    assert len(analyst.runs) == 4


def test_sets_that_nothing_stands_for_have_no_joint_set() -> None:
    assert joint_set_of("mess", ["R3"]) is None
    assert joint_set_of("sample", []) is None
    assert joint_set_of("mess", ["R7"]) is FIELDS
