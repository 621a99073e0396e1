"""`train`, `predict` and `serve`. Exit 0 only for what was done."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from app import files
from app.rows import FIELDS, FROM_CSV, BadRow, columns


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.sh")
    commands = parser.add_subparsers(dest="command", required=True)
    train_command = commands.add_parser("train")
    train_command.add_argument("--data", type=Path, required=True)
    train_command.add_argument("--out", type=Path, required=True)
    train_command.add_argument("--seed", type=int, required=True)
    predict_command = commands.add_parser("predict")
    predict_command.add_argument("--model", type=Path, required=True)
    predict_command.add_argument("--input", type=Path, required=True)
    predict_command.add_argument("--output", type=Path, required=True)
    commands.add_parser("serve")
    arguments = parser.parse_args()
    if arguments.command == "serve":
        return serve()
    from app.store import Unusable

    try:
        if arguments.command == "train":
            train(arguments.data, arguments.out, arguments.seed)
        else:
            predict(arguments.model, arguments.input, arguments.output)
    except (files.BadFile, BadRow, Unusable, OSError) as error:
        print(f"failed: {error}", file=sys.stderr)
        return 3
    return 0


def train(data: Path, out: Path, seed: int) -> None:
    from app.fit import fit
    from app.store import write

    records = files.read(data, "churned")
    if {record["churned"] for record in records} != {"0", "1"}:
        raise files.BadFile("churned is 0 or 1, and both are needed")
    names = [field.name for field in FIELDS]
    seen: dict[tuple[str | None, ...], int] = {}
    groups = [seen.setdefault(tuple(record.get(name) for name in names), len(seen)) for record in records]
    labels = [int(record["churned"] or 0) for record in records]
    outcome = fit(columns(records, FROM_CSV), labels, groups, seed)
    write(out, outcome, data.read_bytes(), seed)
    print(
        f"{len(records)} rows of {len(seen)} customers, {outcome.trees} trees, expected auc {outcome.auc:.4f}"
    )


def predict(model: Path, source: Path, target: Path) -> None:
    from app.store import open_folder

    target.unlink(missing_ok=True)
    scorer = open_folder(model)
    records = files.read(source, "customer_id")
    scores = scorer.score(columns(records, FROM_CSV))
    files.write(
        target,
        [
            (record["customer_id"], score, scorer.label(score))
            for record, score in zip(records, scores, strict=True)
        ],
    )
    print(f"{len(records)} rows scored by {scorer.version}")


def serve() -> int:
    import uvicorn

    from app.api import create

    application = create(Path(os.environ["MODEL_DIR"]))
    uvicorn.run(
        application,
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        log_level="info",
        timeout_graceful_shutdown=9,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
