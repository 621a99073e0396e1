"""What is asked of runs rather than of numbers: bad input, reruns, kills, locks, the fixed point, other arrangements."""

import os
import random
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Protocol

from generator import generate
from generator.unusable import UNUSABLE
from outputs import NAMES, Difference, compare_all
from png import NotAnImage, read_png

_ROWS = 300
_LOCKED_SECONDS = 3.0
_KILLS = 12


class Starts(Protocol):
    """The runner of `compare.py`."""

    def start(self, source: Path, output: Path, **environment: str) -> Any: ...

    def run(self, source: Path, output: Path, timeout: float = 150, **environment: str) -> Any: ...


def content(output: Path) -> dict[str, object]:
    """The outputs as they are compared between runs: bytes, rows of the database, pixels."""
    found: dict[str, object] = {}
    for name in NAMES:
        path = output / name
        if not path.is_file():
            continue
        if name.endswith(".png"):
            try:
                image = read_png(path.read_bytes())
                found[name] = (image.width, image.height, image.pixels, image.palette)
            except NotAnImage as error:
                found[name] = str(error)
        elif name.endswith(".sqlite"):
            found[name] = _rows(path)
        else:
            found[name] = path.read_bytes()
    return found


def _rows(path: Path) -> object:
    try:
        with closing(sqlite3.connect(path, timeout=10)) as connection:
            return connection.execute("SELECT * FROM orders_clean ORDER BY order_id").fetchall()
    except sqlite3.Error as error:
        return f"{type(error).__name__}: {error}"


def differing(one: dict[str, object], other: dict[str, object]) -> list[str]:
    return [name for name in NAMES if one.get(name) != other.get(name)]


def unusable(runner: Starts, place: Path) -> Iterator[Difference]:
    """Exit 2, a reason, no traceback, and the outputs of an earlier run stay."""
    data = generate("sample", 11, _ROWS)
    output = place / "output"
    data.write(place / "good")
    runner.run(place / "good", output)
    before = content(output)
    for name, damage in UNUSABLE.items():
        source = place / name
        data.write(source)
        damage(source)
        ended = runner.run(source, output)
        if ended.status != 2:
            yield Difference("exit status", name, "unusable input", 2, ended.status)
        if not ended.stderr.strip() or "Traceback" in ended.stderr:
            yield Difference("stderr", name, "a reason without traceback", None, ended.stderr[-200:])
        for changed in differing(before, content(output)):
            yield Difference(changed, name, "was touched")


def rerun(runner: Starts, place: Path) -> Iterator[Difference]:
    """The same content again: in the same folder, in a fresh one, in another environment, after other data."""
    data, other = generate("mess", 12, _ROWS), generate("sample", 13, _ROWS)
    data.write(place / "input")
    other.write(place / "other")
    runner.run(place / "input", place / "first")
    first = content(place / "first")
    runner.run(place / "input", place / "first")
    runner.run(place / "other", place / "second")
    runner.run(place / "input", place / "second", TZ="Pacific/Auckland", PYTHONHASHSEED="7", LC_ALL="C.UTF-8")
    for label, folder in (("again", "first"), ("over other outputs", "second")):
        for name in differing(first, content(place / folder)):
            yield Difference(name, "rerun", label)
    for name in ("plots/monthly_revenue.png", "plots/return_rate.png"):
        runner.run(place / "other", place / "third")
        if first.get(name) == content(place / "third").get(name):
            yield Difference(name, "plots", "is the same for other data")


def arrangements(runner: Starts, place: Path) -> Iterator[Difference]:
    """The same rows as one part, as seven, shuffled; and with copies of some."""
    data = generate("sample", 14, _ROWS)
    for label, other in (
        ("one part", data.rearranged(1, parts=1)),
        ("seven parts", data.rearranged(2, parts=7)),
        ("copies", data.with_copies(0.1)),
    ):
        source, output = place / f"{label} in", place / f"{label} out"
        other.write(source)
        runner.run(source, output)
        for difference in compare_all(output, other.expected):
            yield Difference(difference.output, "R17", f"{label}: {difference}")


def fixed_point(runner: Starts, place: Path) -> Iterator[Difference]:
    """`cleaned.csv` is input: nothing is rejected or dropped, and the answers are the same."""
    for profile in ("mess", "format", "vocabulary"):
        data = generate(profile, 15, _ROWS)
        source, again = place / f"{profile} in", place / f"{profile} again"
        data.write(source)
        runner.run(source, place / f"{profile} out")
        first = content(place / f"{profile} out")
        again.mkdir()
        shutil.copy(source / "reference.db", again)
        (again / "orders.csv").write_bytes(bytes(first.get("cleaned.csv", b"")))  # type: ignore[call-overload]
        runner.run(again, place / f"{profile} out2")
        second = content(place / f"{profile} out2")
        for name in ("cleaned.csv", "plots/monthly_revenue.csv", "plots/return_rate.csv", "warehouse.sqlite"):
            if first.get(name) != second.get(name):
                yield Difference(name, "fixed-point", profile)
        if second.get("rejects.csv") != b"source_file,line,reason\n":
            yield Difference("rejects.csv", "fixed-point", profile, None, second.get("rejects.csv"))


def empty(runner: Starts, place: Path) -> Iterator[Difference]:
    """Headers only; and an output folder that does not exist yet, some levels down."""
    data = generate("edge", 16, 0)
    data.write(place / "input")
    ended = runner.run(place / "input", place / "new" / "deep" / "output")
    if ended.status:
        yield Difference("exit status", "empty", ended.stderr[-200:], 0, ended.status)
    yield from compare_all(place / "new" / "deep" / "output", data.expected)


def kills(runner: Starts, place: Path) -> Iterator[Difference]:
    """Killed at some moments: every output is the old or the new one, and the next run is a clean run."""
    old, new = generate("sample", 17, _ROWS), generate("mess", 18, _ROWS)
    old.write(place / "old")
    new.write(place / "new")
    runner.run(place / "old", place / "output")
    before = content(place / "output")
    seconds = runner.run(place / "new", place / "clean").seconds
    after = content(place / "clean")
    rng = random.Random(19)
    for number in range(_KILLS):
        shutil.rmtree(place / "output")
        runner.run(place / "old", place / "output")
        process = runner.start(place / "new", place / "output")
        # Most outputs are written at the end.
        time.sleep(seconds * (0.4 + 0.7 * (number + rng.random()) / _KILLS))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.communicate()
        found = content(place / "output")
        for name in NAMES:
            if found.get(name) not in (before.get(name), after.get(name), None):
                yield Difference(name, "kill", f"torn by kill {number}")
        runner.run(place / "new", place / "output")
        for name in differing(after, content(place / "output")):
            yield Difference(name, "kill", f"differs after kill {number} and a run")


def locks(runner: Starts, place: Path) -> Iterator[Difference]:
    """Databases that another process holds locked for three seconds."""
    data = generate("sample", 20, _ROWS)
    data.write(place / "input")
    output = place / "output"
    runner.run(place / "input", output)
    for label, path in (
        ("reference", place / "input" / "reference.db"),
        ("output", output / "warehouse.sqlite"),
    ):
        holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        holder.execute("BEGIN EXCLUSIVE")
        release = threading.Timer(_LOCKED_SECONDS, holder.close)
        release.start()
        ended = runner.run(place / "input", output)
        release.join()
        if ended.status:
            yield Difference("exit status", "lock", label, 0, ended.status)
        for difference in compare_all(output, data.expected):
            yield Difference(difference.output, "lock", f"{label}: {difference}")


SCENARIOS: dict[str, Callable[[Starts, Path], Iterator[Difference]]] = {
    "unusable": unusable,
    "rerun": rerun,
    "arrangements": arrangements,
    "fixed-point": fixed_point,
    "empty": empty,
    "kills": kills,
    "locks": locks,
}
