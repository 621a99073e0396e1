"""The analysis on the sample: `RUN_SH=/path/run.sh python3 -m pytest public_tests`."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

TASK = Path(__file__).resolve().parent.parent
SAMPLE = TASK / "sample"
EXPECTED = SAMPLE / "expected"
OUTPUTS = (
    "cleaned.csv",
    "rejects.csv",
    "answers.json",
    "warehouse.sqlite",
    "plots/monthly_revenue.png",
    "plots/monthly_revenue.csv",
    "plots/return_rate.png",
    "plots/return_rate.csv",
    "report.md",
)


def analyze(run_sh: Path, target: Path) -> None:
    ended = subprocess.run(
        ["sh", str(run_sh), "analyze", "--input", str(SAMPLE), "--output", str(target)],
        cwd=run_sh.parent,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def records(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture(scope="session")
def run_sh() -> Path:
    path = os.environ.get("RUN_SH")
    if not path:
        pytest.skip("RUN_SH is not set")
    return Path(path).resolve()


@pytest.fixture(scope="session")
def output(run_sh: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one run wrote. Nobody changes it."""
    target = tmp_path_factory.mktemp("output")
    analyze(run_sh, target)
    return target


@pytest.fixture(scope="session")
def answers(output: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((output / "answers.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", OUTPUTS)
def test_output_exists(output: Path, name: str) -> None:
    assert (output / name).is_file()


@pytest.mark.parametrize("question", ["q1", "meta"])
def test_answers(answers: dict[str, Any], question: str) -> None:
    expected = json.loads((EXPECTED / "answers.json").read_text(encoding="utf-8"))
    assert answers[question] == expected[question]


@pytest.mark.parametrize("question", ["q2", "q3", "q4"])
def test_other_questions_are_answered(answers: dict[str, Any], question: str) -> None:
    assert isinstance(answers[question], list)
    assert answers[question]


def test_first_cleaned_rows(output: Path) -> None:
    expected = records(EXPECTED / "cleaned-first-20.csv")
    cleaned = records(output / "cleaned.csv")
    assert cleaned[: len(expected)] == expected


def test_a_second_run_gives_the_same(run_sh: Path, tmp_path: Path) -> None:
    names = ("answers.json", "cleaned.csv")
    analyze(run_sh, tmp_path)
    first = {name: (tmp_path / name).read_bytes() for name in names}
    analyze(run_sh, tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in names} == first
