"""`train` and `predict`."""

from __future__ import annotations

import argparse
import csv
import os
import random
import sys
from pathlib import Path

from net.learn import Scorer, train
from net.measure import auc
from net.package import NoModel, load, save
from net.record import SPEC, Record, Wrong, check, read_cells
from net.vector import learn, vector


class BadTable(Exception):
    """The csv file is not what it should be."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.sh")
    commands = parser.add_subparsers(dest="command", required=True)
    first = commands.add_parser("train")
    first.add_argument("--data", type=Path, required=True)
    first.add_argument("--out", type=Path, required=True)
    first.add_argument("--seed", type=int, required=True)
    second = commands.add_parser("predict")
    second.add_argument("--model", type=Path, required=True)
    second.add_argument("--input", type=Path, required=True)
    second.add_argument("--output", type=Path, required=True)
    chosen = parser.parse_args()
    try:
        if chosen.command == "train":
            _train(chosen.data, chosen.out, chosen.seed)
        else:
            chosen.output.unlink(missing_ok=True)
            _predict(chosen.model, chosen.input, chosen.output)
    except (BadTable, Wrong, NoModel, OSError) as error:
        print(f"{chosen.command}: {error}", file=sys.stderr)
        return 1
    return 0


def _table(path: Path, needed: list[str]) -> tuple[list[dict[str, str]], list[Record]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            rows = [dict(zip(header, row, strict=True)) for row in reader]
    except (ValueError, csv.Error) as error:
        raise BadTable(str(error)) from None
    for name in needed + [name for name, (_, nullable) in SPEC.items() if not nullable]:
        if name not in header:
            raise BadTable(f"there is no column {name}")
    return rows, [check(index, read_cells(row)) for index, row in enumerate(rows)]


def _train(data: Path, out: Path, seed: int) -> None:
    rows, records = _table(data, ["customer_id", "churned"])
    distinct = {
        tuple(row.values()): (record, row["churned"]) for row, record in zip(rows, records, strict=True)
    }
    known = [record for record, _ in distinct.values()]
    if {label for _, label in distinct.values()} != {"0", "1"}:
        raise BadTable("churned is 0 or 1, and both occur")
    labels = [int(label) for _, label in distinct.values()]
    order = list(range(len(known)))
    random.Random(seed).shuffle(order)
    fifth = len(order) // 5
    held, rest = order[:fifth], order[fifth:]
    recipe = learn([known[place] for place in rest])
    vectors = [vector(record, recipe) for record in known]
    probe = Scorer(train([vectors[place] for place in rest], [labels[place] for place in rest], seed))
    expected = auc(probe.score([vectors[place] for place in held]), [labels[place] for place in held])
    weights = train(vectors, labels, seed)
    save(out, weights, recipe, expected, sum(labels) / len(labels), data.read_bytes(), seed)
    print(f"train: {len(known)} customers, expected auc {expected:.4f}")


def _predict(folder: Path, source: Path, target: Path) -> None:
    model = load(folder)
    rows, records = _table(source, ["customer_id"])
    scores = model.score(records)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["customer_id", "probability", "label"])
        writer.writerows(
            [row["customer_id"], repr(p), label] for row, (p, label) in zip(rows, scores, strict=True)
        )
    draft.replace(target)
    print(f"predict: {len(rows)} rows by {model.about['version']}")


if __name__ == "__main__":
    sys.exit(main())
