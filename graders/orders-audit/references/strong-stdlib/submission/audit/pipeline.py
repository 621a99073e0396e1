"""One run, from the input folder to the output folder."""

import sys
from pathlib import Path

from audit.cleaning import clean
from audit.plots import draw_plots
from audit.questions import answer
from audit.records import find_parts
from audit.reference import read_reference
from audit.report import render
from audit.staging import Staging
from audit.tables import write_cleaned, write_json, write_rejects, write_series, write_warehouse

_MONTH_COLUMNS = ("month", "net_revenue_usd")
_REGION_COLUMNS = ("region", "orders", "returned", "rate", "low", "high")


def analyze(source: Path, output: Path) -> None:
    parts = find_parts(source)
    reference = read_reference(source / "reference.db")
    _log(f"reading {len(parts)} parts")
    cleaned = clean(parts, reference)
    _log(f"cleaned {cleaned.rows_in} rows: {len(cleaned.orders)} orders, {len(cleaned.rejects)} rejected")
    answers = answer(cleaned, reference)
    with Staging(output) as staging:
        write_cleaned(staging.path("cleaned.csv"), cleaned)
        write_rejects(staging.path("rejects.csv"), cleaned)
        write_warehouse(staging.path("warehouse.sqlite"), cleaned)
        draw_plots(
            answers.json, staging.path("plots/monthly_revenue.png"), staging.path("plots/return_rate.png")
        )
        write_series(staging.path("plots/monthly_revenue.csv"), answers.json["q1"], _MONTH_COLUMNS)
        write_series(staging.path("plots/return_rate.csv"), answers.json["q3"], _REGION_COLUMNS)
        write_json(staging.path("answers.json"), answers.json)
        staging.path("report.md").write_text(render(cleaned, answers), encoding="utf-8")
        staging.publish()
    _log("outputs written")


def _log(step: str) -> None:
    print(step, file=sys.stderr, flush=True)
