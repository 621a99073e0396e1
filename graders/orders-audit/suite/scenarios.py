"""What is asked of runs rather than of numbers: reruns, kills, locks, the fixed point, other arrangements."""

import itertools
import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from generator import generate
from generator.model import RULES
from hostile import Unreadable, open_database, read_bytes, read_csv, rows_of
from outputs import NAMES, Difference, compare_all, compare_cleaned
from own_answers import read_answers
from png import NotAnImage, looks_of

_ROWS = 300
_KILLS = 4
# Rows of kills beside each other, each in its own output folder.
_CHAINS = 2
# Their cleaned rows alone are more than the 256 KiB of the small volume.
_FILLING_ROWS = 4_000


class Starts(Protocol):
    """Runs the submission: in a container of its own from the suite, in a process from `compare.py`.

    An output folder that does not exist is a new one; one that was removed is a new one again.
    """

    def run(
        self,
        source: Path,
        output: Path,
        *,
        kill_after: float | None = None,
        locked: str | None = None,
        look: Callable[[Path], None] | None = None,
        full: bool = False,
        **environment: str,
    ) -> Any:
        """`kill_after` is in seconds. `full`: the disk of the output folder has no room for all outputs. `locked` is `input` or `output`: the database there is locked for three
        seconds. `look` is called again and again with the output folder as it is during the run."""
        ...


def content(output: Path) -> dict[str, object]:
    """The outputs as they are compared between runs: bytes, rows of the database, pixels."""
    found: dict[str, object] = {}
    for name in NAMES:
        path = output / name
        if not path.is_file():
            continue
        try:
            if name.endswith(".sqlite"):
                with open_database(path) as connection:
                    found[name] = rows_of(connection, "SELECT * FROM orders_clean ORDER BY order_id")
            elif name.endswith(".png"):
                found[name] = looks_of(read_bytes(path))
            else:
                found[name] = read_bytes(path)
        except (Unreadable, NotAnImage) as error:
            found[name] = str(error)
    return found


def failing(ended: Any) -> Iterator[Difference]:
    """A difference if a run that everything else builds on did not succeed."""
    if ended.status != 0:
        last = (ended.stderr.strip().splitlines() or [""])[-1]
        yield Difference("exit status", "exit", last[:200], 0, ended.status)


def differing(one: dict[str, object], other: dict[str, object]) -> list[str]:
    return [name for name in NAMES if one.get(name) != other.get(name)]


@dataclass(frozen=True)
class Twice:
    """One data set analyzed twice into the same folder and once over the outputs of other data.

    Sets of Python keep their order in all of these runs.
    """

    source: Path
    ended: Any
    first: dict[str, object]
    again: dict[str, object]
    over: dict[str, object]

    @property
    def unstable(self) -> set[str]:
        """Outputs that differ anyway: charged by `rerun`."""
        return set(differing(self.first, self.again))

    @property
    def unclean(self) -> set[str]:
        """Those, and outputs that depend on what lies there: charged by `rerun` as well."""
        return self.unstable | set(differing(self.first, self.over))


def twice(runner: Starts, place: Path) -> Twice:
    """What reruns, kills and other environments are compared with."""
    source, other = place / "input", place / "other"
    generate("mess", 12, _ROWS).write(source)
    generate("sample", 13, _ROWS).write(other)
    ended = _run(runner, source, place / "first")
    first = content(place / "first")
    _run(runner, source, place / "first")
    _run(runner, other, place / "second")
    _run(runner, source, place / "second")
    return Twice(source, ended, first, content(place / "first"), content(place / "second"))


def rerun(twice: Twice) -> Iterator[Difference]:
    """The same content again: in the same folder, and over the outputs of other data."""
    yield from failing(twice.ended)
    for label, found in (("again", twice.again), ("over other outputs", twice.over)):
        for name in differing(twice.first, found):
            yield Difference(name, "rerun", label)


def environment(runner: Starts, place: Path, twice: Twice) -> Iterator[Difference]:
    """The same content whatever the time zone, the locale and the seed of hashes are."""
    yield from failing(twice.ended)
    runner.run(twice.source, place / "second", TZ="Pacific/Auckland", PYTHONHASHSEED="7", LC_ALL="C.UTF-8")
    for name in differing(twice.first, content(place / "second")):
        if name not in twice.unstable:
            yield Difference(name, "environment", "in another environment")


def _run(runner: Starts, source: Path, output: Path, kill_after: float | None = None) -> Any:
    """A run in which the order of sets is always the same."""
    return runner.run(source, output, kill_after=kill_after, PYTHONHASHSEED="0", TZ="UTC")


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


def fixed_point(
    runner: Starts, place: Path, analyzed: Mapping[str, tuple[Path, Path]] | None = None
) -> Iterator[Difference]:
    """`cleaned.csv` is input: nothing is rejected or dropped, and the answers are the same.

    `analyzed` are the inputs and outputs of profiles for which no first run is needed.
    """
    most = sorted(set(RULES) - {"R1", "R17"})
    for profile, rules in (("mess", most), ("format", ["R5"]), ("vocabulary", most)):
        if analyzed and profile in analyzed:
            source, first = analyzed[profile]
        else:
            source, first = place / f"{profile} in", place / f"{profile} out"
            generate(profile, 15, _ROWS, rules).write(source)
            runner.run(source, first)
        if not (first / "cleaned.csv").is_file():
            yield Difference("cleaned.csv", "fixed-point", f"{profile}: is missing")
            continue
        again, second = place / f"{profile} again", place / f"{profile} out2"
        again.mkdir()
        shutil.copy(source / "reference.db", again)
        shutil.copy(first / "cleaned.csv", again / "orders.csv")
        runner.run(again, second)
        if count_rows(second / "rejects.csv") != 0:
            yield Difference("rejects.csv", "fixed-point", profile, 0, count_rows(second / "rejects.csv"))
        for name in differing(content(first), content(second)):
            # Reports and plots may tell how many rows came in.
            if name not in ("rejects.csv", "answers.json", "report.md") and not name.endswith(".png"):
                yield Difference(name, "fixed-point", profile)
        one, other = read_answers(first), read_answers(second)
        for question in ("q1", "q2", "q3", "q4"):
            if one.get(question) != other.get(question):
                yield Difference("answers.json", "fixed-point", f"{profile}, {question}")


def empty(runner: Starts, place: Path) -> Iterator[Difference]:
    """Headers only; and an output folder that does not exist yet, some levels down."""
    data = generate("edge", 16, 0)
    data.write(place / "input")
    ended = runner.run(place / "input", place / "new" / "deep" / "output")
    if ended.status:
        yield Difference("exit status", "empty", ended.stderr[-200:], 0, ended.status)
    yield from compare_all(place / "new" / "deep" / "output", data.expected)


def atomic(runner: Starts, place: Path, twice: Twice) -> Iterator[Difference]:
    """No file is ever seen half written, neither while a run goes on nor after it is killed."""
    yield from failing(twice.ended)
    checks = (watch, *(partial(kills, twice=twice, chain=number) for number in range(_CHAINS)))
    places = [place / str(number) for number in range(len(checks))]
    with ThreadPoolExecutor(len(checks)) as pool:
        for made in places:
            made.mkdir()
        found = pool.map(lambda check, place: list(check(runner, place)), checks, places)
        yield from itertools.chain.from_iterable(found)


def kills(runner: Starts, place: Path, twice: Twice, chain: int) -> Iterator[Difference]:
    """Killed at some moments: every output is the old or the new one, and the next run is a clean run."""
    old, output = place / "old", place / "output"
    generate("sample", 17, _ROWS).write(old)
    ended = _run(runner, old, output)
    yield from failing(ended)
    there, next_one = (old, content(output)), (twice.source, twice.first)
    rng = random.Random(19 + chain)
    # In turns from the one to the other, so that each kill meets outputs that another run has left.
    for number in range(chain, _KILLS, _CHAINS):
        source, wanted = next_one
        # Most outputs are written at the end.
        moment = ended.seconds * (0.4 + 0.7 * (number + rng.random()) / _KILLS)
        _run(runner, source, output, kill_after=moment)
        found = content(output)
        for name in NAMES:
            known = (there[1].get(name), wanted.get(name), None)
            if name not in twice.unclean and found.get(name) not in known:
                yield Difference(name, "kill", f"torn by kill {number}")
        _run(runner, source, output)
        for name in differing(wanted, content(output)):
            if name not in twice.unclean:
                yield Difference(name, "kill", f"differs after kill {number} and a run")
        there, next_one = next_one, there


def watch(runner: Starts, place: Path) -> Iterator[Difference]:
    """Looks at the sizes of the files all through a run: each is that of the old file or of the new one.

    The database is left out: SQLite may be in the middle of a transaction that its journal undoes.
    """
    old, new = generate("sample", 21, 60, []), generate("large", 22, 20_000, keep_log=False)
    old.write(place / "old")
    new.write(place / "new")
    names = [name for name in NAMES if not name.endswith(".sqlite")]
    output = place / "output"
    yield from failing(runner.run(place / "new", output))
    allowed: dict[str, set[int | None]] = {name: {_size(output / name), None} for name in names}
    runner.run(place / "old", output)
    for name in names:
        allowed[name].add(_size(output / name))
    seen: dict[str, set[int | None]] = {name: set() for name in names}

    def look(live: Path) -> None:
        for name in names:
            seen[name].add(_size(live / name))

    runner.run(place / "new", output, look=look)
    for name in names:
        if name.endswith(".png"):
            # Equal pixels may be files of other sizes: a time stamp in them is nobody's business.
            allowed[name].add(_size(output / name))
        torn = sorted(map(str, seen[name] - allowed[name]))
        if torn:
            known = sorted(map(str, allowed[name]))
            yield Difference(name, "atomic", "size while a run was going on", known, torn[0])


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def full_disk(runner: Starts, place: Path, twice: Twice) -> Iterator[Difference]:
    """With room for some outputs only: each is complete or absent, and success is not claimed for what is absent."""
    generate("sample", 23, _FILLING_ROWS, []).write(place / "input")
    yield from failing(_run(runner, place / "input", place / "first"))
    whole = content(place / "first")
    ended = runner.run(place / "input", place / "full", full=True, PYTHONHASHSEED="0", TZ="UTC")
    found = content(place / "full")
    for name in NAMES:
        if name not in twice.unstable and found.get(name) not in (None, whole.get(name)):
            yield Difference(name, "full-disk", "is half written")
    missing = [name for name in NAMES if name not in found]
    if ended.status == 0 and missing:
        yield Difference("exit status", "full-disk", f"success without {', '.join(missing)}", "not 0", 0)


def locked_reference(runner: Starts, place: Path) -> Iterator[Difference]:
    """A reference database that another process holds locked for three seconds."""
    yield from _locked(runner, place, "input")


def locked_output(runner: Starts, place: Path) -> Iterator[Difference]:
    """An output database that is locked so."""
    yield from _locked(runner, place, "output")


def _locked(runner: Starts, place: Path, which: str) -> Iterator[Difference]:
    data = generate("sample", 20, _ROWS, [])
    data.write(place / "input")
    output = place / "output"
    if which == "output":
        yield from failing(runner.run(place / "input", output))
        if not (output / "warehouse.sqlite").is_file():
            yield Difference("warehouse.sqlite", "lock", "is missing")
            return
    ended = runner.run(place / "input", output, locked=which)
    if ended.status:
        yield Difference("exit status", "lock", ended.stderr.strip()[-200:], 0, ended.status)
    for difference in compare_cleaned(output, data.expected):
        yield replace(difference, place=f"while the database was locked: {difference.place}")


def read_reasons(output: Path) -> list[str]:
    """The reasons in `rejects.csv`, or nothing if it cannot be read."""
    try:
        header, rows = read_csv(output / "rejects.csv")
    except Unreadable:
        return []
    return [dict(zip(header, row, strict=False)).get("reason", "") for row in rows]


def count_rows(path: Path) -> int:
    """The rows of a csv file behind its header; -1 if there is none."""
    try:
        return len(read_csv(path)[1])
    except Unreadable:
        return -1


def _after_twice(
    check: Callable[[Starts, Path, Twice], Iterator[Difference]],
) -> Callable[[Starts, Path], Iterator[Difference]]:
    def run(runner: Starts, place: Path) -> Iterator[Difference]:
        places = place / "twice", place / "check"
        for made in places:
            made.mkdir()
        yield from check(runner, places[1], twice(runner, places[0]))

    return run


SCENARIOS: dict[str, Callable[[Starts, Path], Iterator[Difference]]] = {
    "rerun": lambda runner, place: rerun(twice(runner, place)),
    "arrangements": arrangements,
    "fixed-point": fixed_point,
    "empty": empty,
    "atomic": _after_twice(atomic),
    "full-disk": _after_twice(full_disk),
    "locked-reference": locked_reference,
    "locked-output": locked_output,
    "environment": _after_twice(environment),
}
