"""The command line. Exit 0: done; 1: not done, and nothing was written."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from churn.model import predict, train


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
    commands.add_parser("serve", help="answer requests on PORT with the model in MODEL_DIR")
    chosen = parser.parse_args()
    if chosen.command == "serve":
        from churn.service import serve

        serve(Path(os.environ["MODEL_DIR"]), int(os.environ["PORT"]))
        return 0
    try:
        if chosen.command == "train":
            train(chosen.data, chosen.out, chosen.seed)
        else:
            predict(chosen.model, chosen.input, chosen.output)
    except NotImplementedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
