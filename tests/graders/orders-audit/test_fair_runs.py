"""Runs that keep to the brief in a way of their own: nothing is found wrong with them."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.model import CLEANED_COLUMNS
from png_files import png
from scenarios import fixed_point


@dataclass(frozen=True)
class Ended:
    status: int = 0
    seconds: float = 1.0
    stderr: str = ""


@dataclass
class Writes:
    """A submission whose every run writes something; it is told the number of the run."""

    write: Callable[[Path, int], object]
    runs: int = 0

    def run(self, source: Path, output: Path, **_: Any) -> Ended:
        output.mkdir(parents=True, exist_ok=True)
        (output / "plots").mkdir(exist_ok=True)
        self.runs += 1
        self.write(output, self.runs)
        return Ended()


def picture(level: int, *extra: bytes) -> bytes:
    return png(400, 300, zlib.compress((b"\0" + bytes([level]) * 400) * 300), colour=0, extra=extra)


def test_a_plot_may_tell_how_many_rows_came_in(tmp_path: Path) -> None:
    def write(output: Path, number: int) -> None:
        (output / "cleaned.csv").write_text(",".join(CLEANED_COLUMNS) + "\n")
        (output / "rejects.csv").write_text("source_file,line,reason\n")
        (output / "plots/return_rate.png").write_bytes(picture(number))

    assert not list(fixed_point(Writes(write), tmp_path))
