"""A small chart: a frame with ticks, and points, lines and intervals in it.

Pillow draws it. Importing a plotting library would take longer than the whole analysis of a usual month.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import floor, log10
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

INK, PALE, _GRID, _TEXT = "#1f5f8b", "#99bbcc", "#dddddd", "#222222"
_LEFT, _RIGHT, _TOP, _BOTTOM = 150, 30, 44, 84

Tick = tuple[float, str]


class Canvas:
    """A chart whose points are given in units of its axes: `x` and `y` are the lowest and highest value shown."""

    def __init__(self, size: tuple[int, int], x: tuple[float, float], y: tuple[float, float]) -> None:
        self._image = Image.new("RGB", size, "white")
        self._draw = ImageDraw.Draw(self._image)
        self._font = ImageFont.load_default(13)
        self._x, self._y = x, y
        self._frame = (_LEFT, _TOP, size[0] - _RIGHT, size[1] - _BOTTOM)

    def title(self, title: str, x: str, y: str) -> None:
        left, top, right, bottom = self._frame
        middle = (left + right) / 2
        self._text((middle, top / 2), title, "mm")
        self._text((middle, bottom + _BOTTOM - 16), x, "mm")
        self._text((8, top / 2), y, "lm")
        self._draw.rectangle(self._frame, outline=_TEXT)

    def x_ticks(self, ticks: Iterable[Tick], *, grid: bool, rows: int = 1) -> None:
        """Labels stand in so many rows by turns, so that long neighbours do not touch."""
        _, top, _, bottom = self._frame
        for number, (value, label) in enumerate(ticks):
            at = self._at(value, 0)[0]
            if grid:
                self._draw.line((at, top, at, bottom), fill=_GRID)
            self._text((at, bottom + 14 + 17 * (number % rows)), label, "mm")

    def y_ticks(self, ticks: Iterable[Tick], *, grid: bool) -> None:
        left, _, right, _ = self._frame
        for value, label in ticks:
            at = self._at(0, value)[1]
            if grid:
                self._draw.line((left, at, right, at), fill=_GRID)
            self._text((left - 8, at), label, "rm")

    def line(self, points: Sequence[tuple[float, float]]) -> None:
        for start, end in pairwise(points):
            self._draw.line((*self._at(*start), *self._at(*end)), fill=INK, width=2)
        for point in points:
            self.point(*point)

    def point(self, x: float, y: float) -> None:
        self._draw.circle(self._at(x, y), 4, fill=INK)

    def interval(self, low: float, high: float, y: float) -> None:
        for x in (low, high):
            at = self._at(x, y)
            self._draw.line((at[0], at[1] - 4, at[0], at[1] + 4), fill=PALE, width=2)
        self._draw.line((*self._at(low, y), *self._at(high, y)), fill=PALE, width=2)

    def save(self, path: Path) -> None:
        self._image.save(path, "PNG")

    def _at(self, x: float, y: float) -> tuple[float, float]:
        left, top, right, bottom = self._frame
        across = (x - self._x[0]) / (self._x[1] - self._x[0])
        up = (y - self._y[0]) / (self._y[1] - self._y[0])
        return left + across * (right - left), bottom - up * (bottom - top)

    def _text(self, at: tuple[float, float], text: str, anchor: str) -> None:
        # Text with line ends has no anchor.
        self._draw.text(at, " ".join(text.split()), fill=_TEXT, font=self._font, anchor=anchor)


def round_steps(low: float, high: float, about: int = 6) -> list[float]:
    """Round values over the range: steps of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / about
    power = 10.0 ** floor(log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first = floor(low / step)
    return [step * number for number in range(first, first + 2 * about + 2) if low <= step * number <= high]
