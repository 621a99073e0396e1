"""Writes `train.csv` of the task, or says what the law makes possible.

python3 -m generator train PATH
python3 -m generator law        base rate and the best possible AUC, on fresh customers
"""

import sys
from pathlib import Path

from statistic import auc

from generator.population import hidden_rows, training_table


def main() -> int:
    if sys.argv[1:2] == ["train"] and len(sys.argv) == 3:
        Path(sys.argv[2]).write_bytes(training_table())
        return 0
    if sys.argv[1:] == ["law"]:
        rows = hidden_rows(0, 50_000, purpose="law")
        labels = [row.label for row in rows]
        print(
            f"positives {sum(labels) / len(labels):.3f}, best AUC {auc([row.z for row in rows], labels):.4f}"
        )
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
