"""Writes the public sample, `tasks/orders-audit/sample`: the input, and the part of its expected results that is given away."""

import csv
import json
from pathlib import Path

from generator import generate
from generator.model import CLEANED_COLUMNS

_SEED = 4
_ROWS = 300
_GIVEN_AWAY = ("q1", "q3", "meta")
_FOLDER = Path(__file__).resolve().parents[2] / "tasks" / "orders-audit" / "sample"


def main() -> None:
    data = generate("sample", _SEED, _ROWS)
    data.write(_FOLDER / "input")
    expected = _FOLDER / "expected"
    expected.mkdir(exist_ok=True)
    answers = {question: data.expected.answers[question] for question in _GIVEN_AWAY}
    (expected / "answers.json").write_text(
        json.dumps(answers, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    _write(expected / "cleaned.csv", CLEANED_COLUMNS, list(data.expected.cleaned())[::3])
    _write(expected / "rejects.csv", ("source_file", "line", "reason"), data.expected.rejects)


def _write(path: Path, columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
