"""How the bench gives tables to `predict`: two at a time, and what else only where it makes sense."""

import threading
from collections.abc import Callable, Collection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bench import AT_ONCE, PREDICTIONS, Bench
from checks import CHECKS
from given import INVALID
from runner import ENDED, Predicted, Trained
from takehome_suite.client import Recorder
from takehome_suite.outcome import NotAssessable

NEEDED = {name for check in CHECKS for name in check.tables}
PLAIN_ROWS = 12_001


class Predictor:
    """Runs nothing, and counts. `end` says how a prediction ends, by the number of its lines and whether it was beside
    another one; after the plain table, so many as `meet` wait until another one goes on beside them."""

    def __init__(self, place: Path, end: Callable[[int, bool], int], meet: int) -> None:
        self._place = place
        self._end = end
        self._meet = meet
        self._lock = threading.Lock()
        self._running = 0
        self._folders = 0
        self._meeting = threading.Barrier(AT_ONCE, timeout=30.0)
        self.most = 0
        self.runs: list[tuple[str, int]] = []

    def inputs(self) -> Path:
        with self._lock:
            self._folders += 1
            folder = self._place / str(self._folders)
        folder.mkdir()
        return folder

    def train(self, data: Path, *, seed: int, **_environment: str) -> Trained:
        return Trained(0, 1.0, "", self._place / data.stem)

    def predict(self, model: Path, rows: Path, *, existing: bytes | None = None) -> Predicted:
        lines = rows.read_bytes().count(b"\n")
        with self._lock:
            self._running += 1
            self.most = max(self.most, self._running)
            beside = 0 < len(self.runs) <= self._meet
            self.runs.append((model.name, lines))
        if beside:
            self._meeting.wait()
        with self._lock:
            self._running -= 1
        return Predicted(self._end(lines, beside), 1.0, "", None)


def made(
    place: Path,
    end: Callable[[int, bool], int] = lambda *_: 0,
    needed: Collection[str] = NEEDED,
    meet: int = 0,
) -> tuple[Bench, Predictor]:
    runner = Predictor(place, end, meet)
    held: Any = runner
    return Bench(held, Recorder(), 1, needed), runner


def test_every_table_that_checks_need_is_made() -> None:
    assert set(INVALID) < NEEDED
    bench, _ = made(Path())
    assert set(bench.given) == NEEDED
    assert all(bench.given[name].flaw for name in INVALID)


def test_all_tables_follow_the_plain_one_two_at_a_time(tmp_path: Path) -> None:
    bench, runner = made(tmp_path, meet=len(NEEDED) // AT_ONCE * AT_ONCE)
    assert (bench.again.status, bench.other.status) == (0, 0)
    assert bench.predicted("spellings").status == 0
    assert runner.runs[0] == ("train", PLAIN_ROWS)
    assert (len(runner.runs), runner.most) == (1 + len(NEEDED), AT_ONCE)
    assert {model for model, _ in runner.runs} == {"train", "again", "market"}
    assert all(bench.predicted(name).status == 0 for name in NEEDED)
    assert len(runner.runs) == 1 + len(NEEDED) == bench.times.spent[PREDICTIONS].count


def test_what_no_check_needs_and_models_that_are_not_there_are_left_out(tmp_path: Path) -> None:
    bench, runner = made(tmp_path, needed={"leaks", "again"})
    assert bench.predicted("leaks").status == 0
    assert [rows for _, rows in runner.runs] == [PLAIN_ROWS, 2_001]
    assert bench.again.status == 0
    assert bench.predicted("again").status == 0
    assert [model for model, _ in runner.runs] == ["train", "train", "again"]


def test_where_the_plain_table_fails_only_what_is_asked_for_is_run(tmp_path: Path) -> None:
    bench, runner = made(tmp_path, lambda *_: 1)
    assert bench.predicted("no rows").status == 1
    assert [rows for _, rows in runner.runs] == [PLAIN_ROWS, 1]


def test_a_limit_of_time_is_for_a_run_alone(tmp_path: Path) -> None:
    slow_beside, needed = (lambda _, beside: ENDED if beside else 0), {"no rows", "leaks"}
    bench, runner = made(tmp_path, slow_beside, needed, meet=2)
    assert bench.predicted("no rows").status == 0
    assert bench.predicted("leaks").status == 0
    assert len(runner.runs) == 1 + 2 * 2


def test_what_takes_too_long_alone_does(tmp_path: Path) -> None:
    bench, _ = made(tmp_path, lambda lines, _: 0 if lines == PLAIN_ROWS else ENDED)
    assert bench.predicted("no rows").status == ENDED
    assert bench.predicted("no rows").status == ENDED


def test_an_outcome_that_is_raised_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench, runner = made(tmp_path, needed={"no rows", "leaks"})
    assert bench.run_on_hidden.status == 0
    refused = SimpleNamespace(count=0)

    def predict(*_: object, **__: object) -> Predicted:
        refused.count += 1
        raise NotAssessable("Not assessable: the time for all runs was used up before.")

    monkeypatch.setattr(runner, "predict", predict)
    for name in ("no rows", "leaks", "no rows"):
        with pytest.raises(NotAssessable):
            bench.predicted(name)
    assert refused.count == 2
