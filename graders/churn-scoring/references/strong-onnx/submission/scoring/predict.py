"""`predict`: a table in, a table out."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scoring.model_folder import Refusal, open_model
from scoring.table import TableError, read, write


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.sh predict")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    chosen = parser.parse_args()
    try:
        chosen.output.unlink(missing_ok=True)
        model = open_model(chosen.model)
        records, customers = read(chosen.input, "customer_id")
        scores = model.score(customers)
        write(
            chosen.output,
            [(record["customer_id"], *score) for record, score in zip(records, scores, strict=True)],
        )
    except (TableError, Refusal, OSError) as error:
        print(f"predict: {error}", file=sys.stderr)
        return 1
    print(f"predicted {len(records)} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
