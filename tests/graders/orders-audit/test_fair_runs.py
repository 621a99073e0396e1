"""Runs that keep to the brief in a way of their own: nothing is found wrong with them."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from generator import generate
from generator.model import CLEANED_COLUMNS
from png_files import chunk, png
from scenarios import fixed_point, watch


@dataclass(frozen=True)
class Ended:
    status: int = 0
    seconds: float = 1.0
    stderr: str = ""


@dataclass
class Writes:
    """A submission whose every run writes something; it is told the number of the run, and is watched after each step."""

    write: Callable[[Path, int], Iterable[object]]
    runs: int = 0

    def run(
        self, source: Path, output: Path, *, look: Callable[[Path], None] | None = None, **_: Any
    ) -> Ended:
        output.mkdir(parents=True, exist_ok=True)
        (output / "plots").mkdir(exist_ok=True)
        self.runs += 1
        for _step in self.write(output, self.runs):
            if look:
                look(output)
        return Ended()


def picture(level: int, *extra: bytes) -> bytes:
    return png(400, 300, zlib.compress((b"\0" + bytes([level]) * 400) * 300), colour=0, extra=extra)


def test_a_plot_may_tell_how_many_rows_came_in(tmp_path: Path) -> None:
    def write(output: Path, number: int) -> Iterator[object]:
        (output / "cleaned.csv").write_text(",".join(CLEANED_COLUMNS) + "\n")
        (output / "rejects.csv").write_text("source_file,line,reason\n")
        (output / "plots/return_rate.png").write_bytes(picture(number))
        yield None

    assert not list(fixed_point(Writes(write), tmp_path))


@pytest.mark.parametrize("torn", [False, True])
def test_a_plot_may_be_of_another_size_with_equal_pixels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torn: bool
) -> None:
    def write(output: Path, number: int) -> Iterator[object]:
        whole = picture(255, chunk(b"tEXt", b"Time\0" + b"x" * number))
        for size in (50, len(whole)) if torn else (len(whole),):
            yield (output / "plots/return_rate.png").write_bytes(whole[:size])

    monkeypatch.setattr("scenarios.generate", lambda *_, **__: generate("sample", 21, 5))
    found = [(one.output, one.observed) for one in watch(Writes(write), tmp_path)]
    assert found == ([("plots/return_rate.png", "50")] if torn else [])
