"""Writes the outputs. All of them are complete under other names before the first takes its place."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd

from orders_audit.charts import draw
from orders_audit.clean import Outcome
from orders_audit.exact import cents_text, usd
from orders_audit.exports import COLUMNS

_Q1_COLUMNS = ["month", "net_revenue_usd"]
_Q3_COLUMNS = ["region", "orders", "returned", "rate", "low", "high"]


class Drafts:
    """Names of unfinished files. They are fixed, so a later run takes over what a killed one left."""

    def __init__(self, output: Path) -> None:
        self._output = output
        self._names: list[str] = []
        (output / "plots").mkdir(parents=True, exist_ok=True)

    def of(self, name: str) -> Path:
        self._names.append(name)
        draft = self._draft(name)
        draft.unlink(missing_ok=True)
        return draft

    def publish(self) -> None:
        for name in self._names:
            os.replace(self._draft(name), self._output / name)

    def _draft(self, name: str) -> Path:
        path = self._output / name
        return path.with_name(f".{path.name}.draft")


def publish(output: Path, outcome: Outcome, answers: dict[str, Any], report: str) -> None:
    drafts = Drafts(output)
    table = _table(outcome.orders)
    _csv(table, drafts.of("cleaned.csv"))
    rejects = outcome.rejects.rename(columns={"file": "source_file"})
    _csv(rejects, drafts.of("rejects.csv"))
    _warehouse(table, drafts.of("warehouse.sqlite"))
    draw(answers, drafts.of("plots/monthly_revenue.png"), drafts.of("plots/return_rate.png"))
    _csv(pd.DataFrame(answers["q1"], columns=_Q1_COLUMNS), drafts.of("plots/monthly_revenue.csv"))
    _csv(pd.DataFrame(answers["q3"], columns=_Q3_COLUMNS), drafts.of("plots/return_rate.csv"))
    text = json.dumps(answers, ensure_ascii=False, indent=2)
    drafts.of("answers.json").write_text(text + "\n", encoding="utf-8")
    drafts.of("report.md").write_text(report, encoding="utf-8")
    drafts.publish()


def _table(orders: pd.DataFrame) -> pd.DataFrame:
    """The columns of `cleaned.csv` as text, null where there is nothing."""
    table = orders.assign(
        ordered_at=orders["ordered_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        exported_at=orders["exported_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        unit_price=[cents_text(cents) for cents in orders["cents"].tolist()],
        discount_pct=[cents_text(hundredths) for hundredths in orders["discount"].tolist()],
        net_revenue_usd=[usd(units) for units in orders["revenue"]],
    )
    return table[[*COLUMNS, "net_revenue_usd"]]


def _csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def _warehouse(table: pd.DataFrame, path: Path) -> None:
    types = {"order_id": "TEXT NOT NULL PRIMARY KEY", "quantity": "INTEGER"}
    columns = ", ".join(f"{column} {types.get(column, 'TEXT')}" for column in table.columns)
    rows = table.astype(object).where(table.notna(), None).itertuples(index=False, name=None)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"PRAGMA synchronous = OFF; CREATE TABLE orders_clean ({columns})")
        marks = ", ".join("?" * len(table.columns))
        connection.executemany(f"INSERT INTO orders_clean VALUES ({marks})", rows)
        connection.commit()
