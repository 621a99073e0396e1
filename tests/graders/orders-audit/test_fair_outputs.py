"""Outputs that keep to the brief in a form of their own: nothing is found wrong with them."""

import zlib
from pathlib import Path

from generator import generate
from generator.expected import Expected
from outputs import compare_plots
from png_files import png

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
