"""Set `RUN_SH` to the run.sh that is tested. Data is made here, from frames."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

COLUMNS = [
    "order_id",
    "customer_id",
    "product_id",
    "region",
    "ordered_at",
    "quantity",
    "unit_price",
    "currency",
    "discount_pct",
    "exported_at",
]
_DEFAULTS = ["O-1", "K1", "W-1", "East", "2023-06-15", "1", "20", "USD", "", "2023-07-01"]
_TABLES = {
    "customers": pd.DataFrame({"customer_id": ["K1", "k2", "K3"], "name": ["A", "B", "C"], "segment": "x"}),
    "addresses": pd.DataFrame(
        {
            "address_id": [11, 12, 13, 14],
            "customer_id": ["K1", "K1", "k2", "K3"],
            "country": ["Peru", "Chile", "NA", ""],
            "is_primary": [0, 1, 1, 1],
        }
    ),
    "products": pd.DataFrame({"product_id": ["W-1", "w-2", "W-3"], "name": ["a", "b", "c"], "category": "y"}),
    "fx_rates": pd.DataFrame(
        {
            "date": ["2023-06-02", "2023-06-09"],
            "currency": ["GBP", "GBP"],
            "usd_per_unit": ["1.25", "1.234567"],
        }
    ),
}


class Case:
    """One input folder with one output folder."""

    def __init__(self, run_sh: Path, place: Path) -> None:
        self._run_sh = run_sh
        self.source = place / "in"
        self.target = place / "out"
        self.source.mkdir()
        with closing(sqlite3.connect(self.source / "reference.db")) as connection:
            for name, table in _TABLES.items():
                table.to_sql(name, connection, index=False)

    def orders(self, rows: list[dict[str, str]], name: str = "orders.csv") -> None:
        filled = [{**dict(zip(COLUMNS, _DEFAULTS, strict=True)), **row} for row in rows]
        pd.DataFrame(filled, columns=COLUMNS).to_csv(self.source / name, index=False)

    def column(self, name: str, texts: list[str]) -> list[str]:
        """What becomes of texts in a column: the cleaned cell, or `!` and the reason."""
        self.orders([{"order_id": f"O{number:02d}", name: text} for number, text in enumerate(texts)])
        assert self.run() == 0
        cells = self.csv("cleaned.csv").set_index("order_id")[name]
        reasons = self.csv("rejects.csv").set_index("line")["reason"]
        return [
            cells.get(f"O{number:02d}", "!" + str(reasons.get(str(number + 2))))
            for number in range(len(texts))
        ]

    def run(self) -> int:
        self.ended = subprocess.run(
            ["sh", "./run.sh", "analyze", "--output", str(self.target), "--input", str(self.source)],
            cwd=self._run_sh.parent,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
        return self.ended.returncode

    def csv(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.target / name, dtype="str", keep_default_na=False)

    def answers(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.target / "answers.json").read_bytes())
        return found


@pytest.fixture
def case(tmp_path: Path) -> Case:
    if "RUN_SH" not in os.environ:
        pytest.skip("RUN_SH is not set")
    return Case(Path(os.environ["RUN_SH"]).resolve(), tmp_path)
