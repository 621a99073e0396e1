"""`python -m generator --profile mess --seed 7 --rows 2000 --out DIR`: writes DIR/input and DIR/expected."""

import argparse
from pathlib import Path

from generator.dataset import generate
from generator.profiles import PROFILES


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m generator", description=__doc__)
    parser.add_argument("--profile", choices=sorted(PROFILES), required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--rules", help="only these are exercised, as R6,R8,Q4")
    parser.add_argument("--no-log", action="store_true", help="keep no log of the spelling, for large sets")
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    rules = chosen.rules.split(",") if chosen.rules is not None else None
    data = generate(chosen.profile, chosen.seed, chosen.rows, rules, keep_log=not chosen.no_log)
    data.write(chosen.out / "input")
    data.write_expected(chosen.out / "expected")
    meta = data.expected.answers["meta"]
    print(", ".join(f"{name} {value}" for name, value in meta.items()))


if __name__ == "__main__":
    main()
