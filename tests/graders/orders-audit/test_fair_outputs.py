"""Outputs that keep to the brief in a form of their own: nothing is found wrong with them."""

import csv
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import png as decoder
import pytest
from generator import generate
from generator.expected import Expected
from outputs import compare_plots, compare_report, embeds, headings_of, names
from png import NotAnImage, looks_of, read_png
from png_files import png

Row = dict[str, Any]

SAMPLE = generate("sample", 3, 60, [])
NOTHING = generate("edge", 16, 0)


def picture(*levels: int) -> bytes:
    """A grey picture of upright stripes of these levels."""
    line = bytes(levels[place * len(levels) // 400] for place in range(400))
    return png(400, 300, zlib.compress((b"\0" + line) * 300), colour=0)


def plots_found(folder: Path, image: bytes, expected: Expected) -> set[str]:
    """What is found of plots that all look so."""
    (folder / "plots").mkdir(exist_ok=True)
    for stem in ("monthly_revenue", "return_rate"):
        (folder / f"plots/{stem}.png").write_bytes(image)
    return {one.place for one in compare_plots(folder, expected) if one.output.endswith(".png")}


def test_two_colours_are_a_plot_and_of_nothing_one_is(tmp_path: Path) -> None:
    assert plots_found(tmp_path, picture(255), SAMPLE.expected) == {"is blank"}
    assert not plots_found(tmp_path, picture(255, 0), SAMPLE.expected)
    assert not plots_found(tmp_path, picture(255), NOTHING.expected)


def points_found(folder: Path, reordered: Callable[[list[Row]], list[Row]]) -> list[str]:
    """What is found of points that are those of the answers, put into another order."""
    (folder / "plots").mkdir(exist_ok=True)
    for question, stem in (("q1", "monthly_revenue"), ("q3", "return_rate")):
        rows = reordered(SAMPLE.expected.answers[question])
        with (folder / f"plots/{stem}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return [str(one) for one in compare_plots(folder, SAMPLE.expected) if one.output.endswith(".csv")]


def keys_swapped(rows: list[Row]) -> list[Row]:
    """The values of the first row beside the key of the last, and the other way round."""
    key = next(iter(rows[0]))
    first, *others, last = rows
    return [{**first, key: last[key]}, *others, {**last, key: first[key]}]


def test_points_are_plotted_in_any_order_and_each_once(tmp_path: Path) -> None:
    assert not points_found(tmp_path, lambda rows: rows[::-1])
    assert not points_found(tmp_path, lambda rows: [dict(reversed(row.items())) for row in rows])
    for wrong in (lambda rows: rows[1:], lambda rows: [*rows, rows[0]], keys_swapped):
        assert len(points_found(tmp_path, wrong)) == 2


@pytest.mark.parametrize("text", ["_123.45_", "**123.45**", "USD123.45", "$123.45", "is 123.45.", "(123.45)"])
def test_a_figure_is_named(text: str) -> None:
    assert names(text, "123.45")


@pytest.mark.parametrize(
    "text", ["1123.45", "1,123.45", "1.123.45", "-123.45", "USD-123.45", "123.456", "123.45,6", "123.4"]
)
def test_another_figure_does_not_name_it(text: str) -> None:
    assert not names(text, "123.45")


@pytest.mark.parametrize(
    "text",
    [
        "![Net revenue](plots/x.png)",
        "![Net revenue [USD]](plots/x.png)",
        "![Net revenue \\[USD](plots/x.png)",
        "![Net\nrevenue]( ./plots/x.png )",
        "![](<plots/x.png>)",
        '<img alt="x" src="plots/x.png">',
    ],
)
def test_an_image_is_embedded(text: str) -> None:
    assert embeds(text, "plots/x.png")


@pytest.mark.parametrize(
    "text", ["[Net revenue](plots/x.png)", "![a](b.png) [c](plots/x.png)", "![plots/x.png", "plots/x.png"]
)
def test_a_link_or_a_name_embeds_nothing(text: str) -> None:
    assert not embeds(text, "plots/x.png")


def test_a_heading_may_be_emphasized() -> None:
    assert headings_of("## __Summary__\n### _1. Data quality_:\n") >= {"summary", "data quality"}


@dataclass
class Named:
    """Answers of which a report has to name these words."""

    words: list[str]
    answers: dict[str, Any] = field(default_factory=dict)

    @property
    def headlines(self) -> dict[str, list[str]]:
        return {"q3": self.words}


def test_a_region_may_be_wrapped(tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text("The highest rate is that of North\n  West.\n")
    found = [one.expected for one in compare_report(tmp_path, Named(["North West", "South"]))]
    assert "North West" not in found and "South" in found


def test_a_plot_is_unpacked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked: list[bytes] = []

    def read(data: bytes) -> decoder.Image:
        unpacked.append(data)
        return read_png(data)

    monkeypatch.setattr(decoder, "read_png", read)
    for _ in range(3):
        assert looks_of(picture(17, 34)) == looks_of(picture(17, 34))
        assert looks_of(picture(17, 34)) != looks_of(picture(34, 17))
        with pytest.raises(NotAnImage, match="cut off"):
            looks_of(picture(17, 34)[:-9])
    assert len(unpacked) == 3
