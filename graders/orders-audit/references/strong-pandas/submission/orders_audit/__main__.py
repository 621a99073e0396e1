"""Command line of the audit."""

import argparse
import sys
from pathlib import Path

from orders_audit.errors import CannotUse

EXIT_UNUSABLE = 2


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="run.sh", description="Audit of order exports.")
    analyze = parser.add_subparsers(dest="command", required=True).add_parser("analyze")
    analyze.add_argument("--input", type=Path, required=True, metavar="DIR")
    analyze.add_argument("--output", type=Path, required=True, metavar="DIR")
    options = parser.parse_args(arguments)
    # Imported late, so that a typing mistake is answered at once.
    from orders_audit.run import run

    try:
        run(options.input, options.output)
    except CannotUse as reason:
        print(f"error: {reason}", file=sys.stderr)
        return EXIT_UNUSABLE
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
