"""The plots."""

import os
import tempfile
import warnings
from pathlib import Path
from typing import Any


def draw_figures(answers: dict[str, Any], folder: Path) -> None:
    with tempfile.TemporaryDirectory() as cache:
        # Where HOME cannot be written to, matplotlib would look for another place and complain.
        os.environ["MPLCONFIGDIR"] = cache
        import matplotlib as mpl

        mpl.use("Agg")
        with mpl.rc_context({"text.parse_math": False}), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _months(answers["q1"], folder / "monthly_revenue.png")
            _regions(answers["q3"], folder / "return_rate.png")


def _months(rows: list[dict[str, Any]], path: Path) -> None:
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(9, 5))
    axes = figure.add_axes((0.14, 0.22, 0.82, 0.68))
    names = [row["month"] for row in rows]
    axes.fill_between(range(len(rows)), [float(row["net_revenue_usd"]) for row in rows], alpha=0.25)
    axes.plot(range(len(rows)), [float(row["net_revenue_usd"]) for row in rows], "o-")
    step = len(rows) // 18 + 1
    axes.set_xticks(range(0, len(rows), step), names[::step], rotation=50, ha="right")
    axes.set_xlabel("Month of order (UTC)")
    axes.set_ylabel("Net revenue (USD)")
    axes.set_title("Monthly net revenue")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def _regions(rows: list[dict[str, Any]], path: Path) -> None:
    import matplotlib.pyplot as plt

    height = max(5.0, min(0.28 * len(rows) + 1.5, 40.0))
    figure = plt.figure(figsize=(9, height))
    axes = figure.add_axes((0.28, 0.12, 0.68, 0.8))
    for place, row in enumerate(rows):
        axes.hlines(place, float(row["low"]), float(row["high"]), color="tab:gray")
        axes.plot(float(row["rate"]), place, "D", color="tab:red")
    axes.set_yticks(range(len(rows)), [row["region"] for row in rows])
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel("Returned orders / orders, with 95 % Wilson interval")
    axes.set_title("Return rate by region")
    figure.savefig(path, dpi=100)
    plt.close(figure)
