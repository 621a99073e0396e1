"""Plots, drawn without a display and without a home folder."""

import os
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any


def draw(answers: dict[str, Any], revenue: Path, returns: Path) -> None:
    cache = tempfile.mkdtemp(prefix="matplotlib-")
    os.environ["MPLCONFIGDIR"] = cache
    try:
        import matplotlib

        matplotlib.use("agg")
        matplotlib.rcParams.update({"text.parse_math": False, "figure.dpi": 110})
        # Names may be written in letters that the font lacks.
        warnings.filterwarnings("ignore", message=r"Glyph \d+")
        _revenue(answers["q1"], revenue)
        _returns(answers["q3"], returns)
    finally:
        shutil.rmtree(cache, ignore_errors=True)


def _revenue(rows: list[dict[str, str]], path: Path) -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    heights = [float(row["net_revenue_usd"]) for row in rows]
    colours = ["#2a7f62" if height >= 0 else "#b23a48" for height in heights]
    axes.bar(range(len(rows)), heights, color=colours)
    every = max(1, len(rows) // 20)
    ticks = list(range(0, len(rows), every))
    axes.set_xticks(ticks, labels=[rows[tick]["month"] for tick in ticks], rotation=45, ha="right")
    axes.axhline(0, color="black", linewidth=0.6)
    axes.set_ylabel("USD")
    axes.set_xlabel("month, UTC")
    axes.set_title("Net revenue")
    figure.savefig(path, format="png")
    plt.close(figure)


def _returns(rows: list[dict[str, Any]], path: Path) -> None:
    import matplotlib.pyplot as plt

    height = min(4.5 + 0.2 * max(0, len(rows) - 10), 50)
    figure, axes = plt.subplots(figsize=(8, height), layout="constrained")
    places = list(range(len(rows)))
    axes.barh(places, [float(row["rate"]) for row in rows], color="#8fb8de")
    for place, row in zip(places, rows, strict=True):
        axes.plot([float(row["low"]), float(row["high"])], [place, place], color="#1d3557", linewidth=1.5)
    axes.set_yticks(places, labels=[row["region"] for row in rows])
    axes.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    axes.set_xlim(0, 1.02)
    axes.set_xlabel("share of orders that were returned, with its 95 % Wilson interval")
    axes.set_title("Return rate")
    figure.savefig(path, format="png")
    plt.close(figure)
