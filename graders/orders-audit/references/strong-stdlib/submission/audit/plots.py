"""The two plots. Nothing in them depends on the machine, the user or the time."""

import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

_INK = "#1f5f8b"


def draw_plots(answers: dict[str, Any], revenue: Path, returns: Path) -> None:
    # matplotlib keeps a cache of fonts in the home folder, which may not be writable.
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MPLCONFIGDIR"] = folder
        import matplotlib

        matplotlib.use("Agg")
        # A region may hold dollar signs, or letters that the font has not.
        matplotlib.rcParams["text.parse_math"] = False
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        _draw_revenue(answers["q1"], revenue)
        _draw_returns(answers["q3"], returns)


def _draw_revenue(rows: list[dict[str, str]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    values = [float(row["net_revenue_usd"]) for row in rows]
    axes.plot(range(len(rows)), values, marker="o", color=_INK)
    step = max(len(rows) // 24, 1)
    shown = range(0, len(rows), step)
    axes.set_xticks(list(shown), [rows[number]["month"] for number in shown], rotation=60, ha="right")
    axes.axhline(0, color="#888888", linewidth=0.8)
    axes.set(title="Net revenue by month", xlabel="Month (UTC)", ylabel="Net revenue, USD")
    axes.grid(axis="y", alpha=0.3)
    figure.savefig(path)


def _draw_returns(rows: list[dict[str, Any]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, min(max(5.0, 0.3 * len(rows)), 60.0)), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    rates = [float(row["rate"]) for row in rows]
    below = [max(rate - float(row["low"]), 0.0) for rate, row in zip(rates, rows, strict=True)]
    above = [max(float(row["high"]) - rate, 0.0) for rate, row in zip(rates, rows, strict=True)]
    places = list(range(len(rows)))
    axes.errorbar(rates, places, xerr=(below, above), fmt="o", color=_INK, ecolor="#99bbcc", capsize=3)
    axes.set_yticks(places, [row["region"] for row in rows])
    axes.invert_yaxis()
    axes.set(title="Return rate by region, with 95 % intervals", xlabel="Returned orders / orders")
    axes.set_xlim(-0.02, 1.02)
    axes.grid(axis="x", alpha=0.3)
    figure.savefig(path)
