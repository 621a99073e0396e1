"""Arguments and exit status: 0 done, 2 the input cannot be used, 1 anything unforeseen."""

import argparse
import sys
from pathlib import Path

from audit.problem import InputProblem


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.sh")
    parser.add_argument("command", choices=["analyze"])
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()

    from audit.analysis import analyze

    try:
        analyze(options.input, options.output)
    except InputProblem as problem:
        print(f"cannot analyze: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
