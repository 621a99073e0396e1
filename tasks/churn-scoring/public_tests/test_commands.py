"""The commands on a part of `train.csv`: `RUN_SH=/path/run.sh python3 -m pytest public_tests`."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

TRAIN = Path(__file__).resolve().parent.parent / "train.csv"
_SECONDS = 300


class Work(NamedTuple):
    """A model, and what was predicted with it."""

    run_sh: Path
    data: Path
    model: Path
    rows: Path
    predictions: list[list[str]]


def run(run_sh: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(run_sh), *map(str, arguments)],
        cwd=run_sh.parent,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_SECONDS,
        check=False,
    )


def records(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def predict(run_sh: Path, model: Path, rows: Path, output: Path) -> list[list[str]]:
    ended = run(run_sh, "predict", "--model", model, "--input", rows, "--output", output)
    assert ended.returncode == 0, ended.stderr
    return records(output)


@pytest.fixture(scope="session")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    given = os.environ.get("RUN_SH")
    if not given:
        pytest.skip("RUN_SH is not set")
    run_sh = Path(given).resolve()
    place = tmp_path_factory.mktemp("work")
    header, *lines = records(TRAIN)
    write(place / "train.csv", [header, *lines[:4000]])
    unknown = [name for name in header if name not in ("closure_code", "churned")]
    places = [header.index(name) for name in unknown]
    write(place / "rows.csv", [unknown, *([line[at] for at in places] for line in lines[4000:4200])])
    ended = run(run_sh, "train", "--data", place / "train.csv", "--out", place / "model", "--seed", "7")
    assert ended.returncode == 0, ended.stderr
    found = predict(run_sh, place / "model", place / "rows.csv", place / "preds.csv")
    return Work(run_sh, place / "train.csv", place / "model", place / "rows.csv", found)


def test_manifest(work: Work) -> None:
    manifest = json.loads((work.model / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["seed"] == 7
    assert manifest["data_sha256"] == hashlib.sha256(work.data.read_bytes()).hexdigest()
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((work.model / name).read_bytes()).hexdigest() == digest.lower()


def test_metrics_and_card(work: Work) -> None:
    metrics = json.loads((work.model / "metrics.json").read_text(encoding="utf-8"))
    assert 0.5 < metrics["auc"] < 1
    assert (work.model / "MODEL_CARD.md").read_text(encoding="utf-8").strip()


def test_predictions(work: Work) -> None:
    header, *lines = work.predictions
    assert header == ["customer_id", "probability", "label"]
    assert [line[0] for line in lines] == [row[0] for row in records(work.rows)[1:]]
    assert all(0 <= float(line[1]) <= 1 for line in lines)
    assert {line[2] for line in lines} <= {"0", "1"}


def test_the_order_of_the_rows_changes_nothing(work: Work, tmp_path: Path) -> None:
    header, *rows = records(work.rows)
    write(tmp_path / "rows.csv", [header, *reversed(rows)])
    found = predict(work.run_sh, work.model, tmp_path / "rows.csv", tmp_path / "preds.csv")
    for again, first in zip(reversed(found[1:]), work.predictions[1:], strict=True):
        assert float(again[1]) == pytest.approx(float(first[1]), abs=1e-6)


def test_an_invalid_row_leaves_no_output(work: Work, tmp_path: Path) -> None:
    header, *rows = records(work.rows)
    rows[5][header.index("monthly_fee")] = ""
    write(tmp_path / "rows.csv", [header, *rows])
    output = tmp_path / "preds.csv"
    ended = run(
        work.run_sh, "predict", "--model", work.model, "--input", tmp_path / "rows.csv", "--output", output
    )
    assert ended.returncode != 0
    assert not output.exists()
