"""`train`, `predict`, `serve`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from retention.contract import RowError, checked, from_text


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.sh")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, options in (
        ("train", ("data", "out")),
        ("predict", ("model", "input", "output")),
        ("serve", ()),
    ):
        command = commands.add_parser(name)
        for option in options:
            command.add_argument(f"--{option}", type=Path, required=True)
        if name == "train":
            command.add_argument("--seed", type=int, required=True)
    chosen = parser.parse_args()
    if chosen.command == "serve":
        from retention.http import serve

        serve(Path(os.environ["MODEL_DIR"]), int(os.environ["PORT"]))
        return 0
    from retention.folder import Unverified
    from retention.tables import TableError

    try:
        if chosen.command == "train":
            train(chosen.data, chosen.out, chosen.seed)
        else:
            predict(chosen.model, chosen.input, chosen.output)
    except (RowError, TableError, Unverified, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def train(data: Path, out: Path, seed: int) -> None:
    from retention import folder, tables
    from retention.fitting import fit

    records = tables.read(data, "customer_id", "churned")
    if {record["churned"] for record in records} != {"0", "1"}:
        raise tables.TableError("churned has to be 0 and 1")
    labels = [int(record["churned"] or 0) for record in records]
    customers = [record["customer_id"] or "" for record in records]
    rows = checked([from_text(record) for record in records])
    booster, categories, auc = fit(rows, labels, customers, seed)
    folder.write(out, booster, categories, auc, 0.5, data.read_bytes(), seed)
    print(f"{len(records)} rows, expected auc {auc:.4f}")


def predict(model: Path, source: Path, target: Path) -> None:
    from retention import folder, tables

    target.unlink(missing_ok=True)
    loaded = folder.load(model)
    records = tables.read(source, "customer_id")
    scores = loaded.score(checked([from_text(record) for record in records]))
    tables.write(target, [record["customer_id"] for record in records], scores)
    print(f"{len(records)} rows by {loaded.about['version']}")


if __name__ == "__main__":
    sys.exit(main())
