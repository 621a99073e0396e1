"""The commands `train` and `predict`. Exit 0: done; 1: the input cannot be used, and nothing was written."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from churn import folder
from churn.schema import InvalidRow, rows_of_csv
from churn.tables import InvalidTable, read_records, write_predictions
from churn.training import fit


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.sh")
    commands = parser.add_subparsers(dest="command", required=True)
    training = commands.add_parser("train", help="fit a model and write its folder")
    training.add_argument("--data", type=Path, required=True)
    training.add_argument("--out", type=Path, required=True)
    training.add_argument("--seed", type=int, required=True)
    predicting = commands.add_parser("predict", help="score a file")
    predicting.add_argument("--model", type=Path, required=True)
    predicting.add_argument("--input", type=Path, required=True)
    predicting.add_argument("--output", type=Path, required=True)
    chosen = parser.parse_args()
    try:
        if chosen.command == "train":
            train(chosen.data, chosen.out, chosen.seed)
        else:
            chosen.output.unlink(missing_ok=True)
            predict(chosen.model, chosen.input, chosen.output)
    except (InvalidRow, InvalidTable, folder.UnusableModel, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def train(data: Path, out: Path, seed: int) -> None:
    records = read_records(data, needed=("customer_id", "churned"))
    # A row that is there twice would stand on both sides of a split.
    distinct = list({tuple(record.items()): record for record in records}.values())
    if any(record["churned"] not in ("0", "1") for record in distinct):
        raise InvalidTable("churned is 0 or 1")
    fitted = fit(rows_of_csv(distinct), [int(record["churned"]) for record in distinct], seed)
    folder.save(out, fitted, data.read_bytes(), seed)
    print(f"trained on {len(distinct)} of {len(records)} rows, expected auc {fitted.metrics['auc']:.4f}")


def predict(model: Path, source: Path, target: Path) -> None:
    loaded = folder.load(model)
    records = read_records(source)
    scores = loaded.score(rows_of_csv(records))
    ids = [record["customer_id"] for record in records]
    write_predictions(target, [(name, *score) for name, score in zip(ids, scores, strict=True)])
    print(f"scored {len(records)} rows with {loaded.serving['version']}")


if __name__ == "__main__":
    sys.exit(main())
