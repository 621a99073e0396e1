"""The two plots. Nothing in them depends on the machine, the user or the time."""

from pathlib import Path
from typing import Any

from audit.canvas import Canvas, round_steps

_WIDTH, _HEIGHT = 900, 500
# Per region, until the plot would become larger than a page.
_ROW, _TALLEST = 30, 6000
# Letters of a region's name that have room beside the plot.
_LONGEST = 18


def draw_plots(answers: dict[str, Any], revenue: Path, returns: Path) -> None:
    _draw_revenue(answers["q1"], revenue)
    _draw_returns(answers["q3"], returns)


def _draw_revenue(rows: list[dict[str, str]], path: Path) -> None:
    months = [row["month"] for row in rows]
    values = [float(row["net_revenue_usd"]) for row in rows]
    low, high = min(values, default=0.0), max(values, default=0.0)
    low, high = min(low, 0.0), max(high, 0.0)
    margin = (high - low) * 0.05 or 1.0
    low, high = low - margin, high + margin
    canvas = Canvas((_WIDTH, _HEIGHT), (-0.5, max(len(rows), 1) - 0.5), (low, high))
    canvas.y_ticks([(value, f"{value:,.0f}") for value in round_steps(low, high)], grid=True)
    shown = range(0, len(rows), max(len(rows) // 18, 1))
    canvas.x_ticks([(number, months[number]) for number in shown], grid=False, rows=2)
    canvas.line(list(enumerate(values)))
    canvas.title("Net revenue by month", "Month (UTC)", "Net revenue, USD")
    canvas.save(path)


def _draw_returns(rows: list[dict[str, Any]], path: Path) -> None:
    height = min(max(_HEIGHT, _ROW * len(rows) + 130), _TALLEST)
    # The first region is on top.
    canvas = Canvas((_WIDTH, height), (-0.02, 1.02), (max(len(rows), 1) - 0.5, -0.5))
    canvas.x_ticks([(share / 5, f"{share * 20} %") for share in range(6)], grid=True)
    canvas.y_ticks([(number, _shortened(row["region"])) for number, row in enumerate(rows)], grid=False)
    for number, row in enumerate(rows):
        canvas.interval(float(row["low"]), float(row["high"]), number)
        canvas.point(float(row["rate"]), number)
    canvas.title("Return rate by region, with 95 % intervals", "Returned orders / orders", "Region")
    canvas.save(path)


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
