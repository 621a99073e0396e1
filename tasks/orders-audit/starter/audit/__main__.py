"""The command line. Exit 0: done; 2: the input or the arguments cannot be used, and nothing was written."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from audit.errors import UnusableInput
from audit.pipeline import analyze


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.sh")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("analyze", help="clean the exports and answer the questions")
    command.add_argument("--input", type=Path, required=True)
    command.add_argument("--output", type=Path, required=True)
    chosen = parser.parse_args()
    try:
        analyze(chosen.input, chosen.output)
    except UnusableInput as error:
        print(f"unusable input: {error}", file=sys.stderr)
        return 2
    except NotImplementedError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
