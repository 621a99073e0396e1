"""Exhibits: tables, curves, images and texts that a suite hands to the report, beside outcomes and proofs.

They decide nothing. An exhibit belongs to a test, and is shown with its finding when the test does not pass, or to the
whole run. Everything is bounded here and once more by the runner, which also escapes it: cells and texts may hold
whatever a submission wrote.
"""

import base64
import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

PROPERTY = "exhibits"
TEST_BYTES = 64 * 1024
RUN_BYTES = 2 * 1024 * 1024

TITLE_CHARS = 160
NOTE_CHARS = 600
CELL_CHARS = 300
TEXT_CHARS = 8_000
COLUMNS = 12
ROWS = 60
LINES = 8
POINTS = 400
IMAGE_BYTES = 400 * 1024

Mark = Literal["", "good", "bad", "warn", "differs"]
Place = Literal["glance", "run"]


@dataclass(frozen=True)
class Cell:
    """A cell of a table. A mark is a colour; `differs` is a highlight. Words have to say the same."""

    text: object
    mark: Mark = ""


@dataclass(frozen=True)
class Table:
    """`numbers` are the titles of the columns that are aligned as numbers. `more` rows were left out by the suite."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    numbers: Sequence[str] = ()
    note: str = ""
    more: int = 0

    def plain(self) -> dict[str, Any]:
        shown = [[_cell(cell) for cell in row[:COLUMNS]] for row in self.rows[:ROWS]]
        return {
            "kind": "table",
            "title": cut(self.title, TITLE_CHARS),
            "note": cut(self.note, NOTE_CHARS),
            "columns": [
                {"title": cut(title, TITLE_CHARS), "number": title in self.numbers}
                for title in self.columns[:COLUMNS]
            ],
            "rows": shown,
            "more": self.more + len(self.rows) - len(shown),
        }


@dataclass(frozen=True)
class Line:
    """A named line through points `(x, y)`, or `(x, y, low, high)` with an interval.

    `dashed` is for what is compared with: a promise, a diagonal, a floor.
    """

    name: str
    points: Sequence[Sequence[float]]
    dashed: bool = False


@dataclass(frozen=True)
class Axis:
    """An axis; on a logarithmic one only positive values have a place."""

    title: str
    log: bool = False


@dataclass(frozen=True)
class Series:
    """Curves over two axes."""

    title: str
    x: Axis
    y: Axis
    lines: Sequence[Line]
    note: str = ""

    def plain(self) -> dict[str, Any]:
        return {
            "kind": "series",
            "title": cut(self.title, TITLE_CHARS),
            "note": cut(self.note, NOTE_CHARS),
            "x": {"title": cut(self.x.title, TITLE_CHARS), "log": self.x.log},
            "y": {"title": cut(self.y.title, TITLE_CHARS), "log": self.y.log},
            "lines": [
                {
                    "name": cut(line.name, TITLE_CHARS),
                    "dashed": line.dashed,
                    "points": [_point(point) for point in line.points[:POINTS] if _finite(point)],
                }
                for line in self.lines[:LINES]
            ],
        }


@dataclass(frozen=True)
class Image:
    """A PNG that the suite wrote itself, never bytes of a submission; `alt` says what it shows."""

    title: str
    alt: str
    png: bytes
    note: str = ""

    def plain(self) -> dict[str, Any]:
        if len(self.png) > IMAGE_BYTES:
            return Text(self.title, "", note="The image is too large to be shown.").plain()
        return {
            "kind": "image",
            "title": cut(self.title, TITLE_CHARS),
            "note": cut(self.note, NOTE_CHARS),
            "alt": cut(self.alt, NOTE_CHARS),
            "png": base64.b64encode(self.png).decode("ascii"),
        }


@dataclass(frozen=True)
class Text:
    """Plain text, shown as it is; with no text only the note is shown."""

    title: str
    text: str
    note: str = ""

    def plain(self) -> dict[str, Any]:
        return {
            "kind": "text",
            "title": cut(self.title, TITLE_CHARS),
            "note": cut(self.note, NOTE_CHARS),
            "text": cut(self.text, TEXT_CHARS),
        }


Exhibit = Table | Series | Image | Text


class Exhibits:
    """What one test shows."""

    def __init__(self) -> None:
        self._shown: list[Exhibit] = []

    def show(self, *exhibits: Exhibit | Callable[[], Exhibit]) -> None:
        """Shows these with the finding, if the test does not pass. What is made by a call may fail."""
        for exhibit in exhibits:
            try:
                self._shown.append(exhibit() if callable(exhibit) else exhibit)
            except Exception as error:
                self._shown.append(_missing(error))

    def text(self) -> str:
        """For the test's property; empty if there are none."""
        return packed([_plain(exhibit) for exhibit in self._shown], TEST_BYTES) if self._shown else ""


@dataclass
class RunExhibits:
    """What the run shows, whatever its tests came to."""

    _shown: list[tuple[Place, Exhibit]] = field(default_factory=list)
    _later: list[Callable[[], Iterable[tuple[Place, Exhibit]]]] = field(default_factory=list)

    def show(self, *exhibits: Exhibit, place: Place = "run") -> None:
        """`glance` is near the score, for what is read first; `run` is behind the findings."""
        self._shown.extend((place, exhibit) for exhibit in exhibits)

    def at_the_end(self, make: Callable[[], Iterable[tuple[Place, Exhibit]]]) -> None:
        """Calls this when all tests have ended, also when they were interrupted; it may fail."""
        self._later.append(make)

    def text(self) -> str:
        """For the property of the whole suite; empty if there are none."""
        for make in self._later:
            try:
                self._shown.extend(make())
            except Exception as error:
                self._shown.append(("run", _missing(error)))
        self._later.clear()
        found = [{"place": place, **_plain(exhibit)} for place, exhibit in self._shown]
        return packed(found, RUN_BYTES) if found else ""


def _missing(error: Exception) -> Text:
    """Nothing that is only shown may break a run."""
    return Text("An exhibit is missing", "", note=f"It could not be made: {type(error).__name__}: {error}")


def _plain(exhibit: Exhibit) -> dict[str, Any]:
    try:
        return exhibit.plain()
    except Exception as error:
        return _missing(error).plain()


def packed(exhibits: list[dict[str, Any]], most: int) -> str:
    """The exhibits as compact ASCII JSON of at most `most` bytes; those that have no room are named."""
    texts: list[str] = []
    left_out: list[str] = []
    size = 1024
    for exhibit in exhibits:
        text = json.dumps(exhibit, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
        if size + len(text) + 1 > most:
            left_out.append(exhibit["title"])
        else:
            texts.append(text)
            size += len(text) + 1
    if left_out:
        note = cut(f"Too large to be shown together: {', '.join(left_out)}.", 150)
        texts.append(json.dumps(Text("More exhibits", "", note=note).plain()))
    return f"[{','.join(texts)}]"


def cut(value: object, most: int) -> str:
    """A value as text of at most so many characters, without halves of surrogate pairs, which JSON may bring."""
    text = value if isinstance(value, str) else _text_of(value, most)
    if len(text) > most:
        text = text[: most - 1] + "…"
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _text_of(value: object, most: int) -> str:
    try:
        return str(value)
    except (ValueError, RecursionError):
        # An integer of many thousand digits, or a value of too many levels.
        return f"({type(value).__name__})"[:most]


def _cell(cell: object) -> dict[str, str]:
    found = cell if isinstance(cell, Cell) else Cell(cell)
    return {"text": cut(found.text, CELL_CHARS), "mark": found.mark}


def _finite(point: Sequence[float]) -> bool:
    return len(point) in (2, 4) and all(math.isfinite(value) for value in point)


def _point(point: Sequence[float]) -> list[float]:
    return [float(f"{value:.9g}") for value in point]
