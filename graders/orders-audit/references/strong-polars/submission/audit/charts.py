"""The plots as figures, without the state that pyplot keeps."""

import warnings
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

matplotlib.rcParams["text.parse_math"] = False
warnings.filterwarnings("ignore", message="Glyph")


def revenue_chart(rows: list[dict[str, Any]]) -> Figure:
    figure = Figure(figsize=(10, 5))
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.bar([row["month"] for row in rows], [float(row["net_revenue_usd"]) for row in rows], color="#4c72b0")
    axes.set_title("Net revenue by month (UTC)")
    axes.set_ylabel("USD")
    axes.tick_params(axis="x", labelrotation=70, labelsize=8)
    figure.tight_layout()
    return figure


def return_chart(rows: list[dict[str, Any]]) -> Figure:
    figure = Figure(figsize=(10, min(max(5.0, len(rows) * 0.3), 50.0)))
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for place, row in enumerate(rows):
        axes.plot([float(row["low"]), float(row["high"])], [place, place], color="#c44e52", linewidth=2)
        axes.plot([float(row["rate"])], [place], "o", color="#222222")
    axes.set_yticks(list(range(len(rows))), [row["region"] for row in rows])
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel("Return rate with 95 % interval")
    axes.set_title("Return rate by region")
    figure.tight_layout()
    return figure
