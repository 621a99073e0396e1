"""What a submission's time is shown beside: one plain pass over the same rows, in the same moment on the same machine."""

import csv
import time
from decimal import Decimal, InvalidOperation
from pathlib import Path


def seconds_of_a_plain_pass(source: Path) -> float:
    """Reads every part with the csv module, keeps a row of each order, and multiplies its amounts as exact decimals."""
    began = time.perf_counter()
    latest: dict[str, Decimal] = {}
    for part in sorted(path for path in source.glob("orders*.csv") if path.is_file()):
        # Some parts are in another encoding, which matters to no amount.
        with part.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            for row in csv.DictReader(file):
                try:
                    latest[row["order_id"]] = Decimal(row["quantity"]) * Decimal(row["unit_price"])
                except (InvalidOperation, KeyError, TypeError):
                    # Not a plain amount: what it means is no concern of a yardstick.
                    continue
    sum(latest.values())
    return time.perf_counter() - began
