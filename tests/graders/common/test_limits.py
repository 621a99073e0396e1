"""How time counts on a busy machine: as `tests` of `src/limit.rs`."""

import pytest
from takehome_suite import limits


def stat(cores: int, running: int) -> str:
    lines = "".join(f"cpu{core} 1 2 3 4\n" for core in range(cores))
    return f"cpu  10 20 30 40\n{lines}intr 5\nprocs_running {running}\nprocs_blocked 0\n"


@pytest.mark.parametrize(
    ("cores", "running", "expected"),
    [(2, 1, 1.0), (2, 3, 1.0), (2, 6, 2.5), (4, 9, 2.0), (1, 3, 2.0), (2, 400, 4.0)],
)
def test_a_core_that_many_want_is_shared(cores: int, running: int, expected: float) -> None:
    assert limits.crowding(stat(cores, running)) == expected


@pytest.mark.parametrize("unknown", ["", "cpu0 1 2\n", "\n\n"])
def test_where_nobody_says_time_is_time(unknown: str) -> None:
    assert limits.crowding(unknown) == 1.0


def test_time_counts_less_on_a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    clock = limits.Clock()
    for seconds, running, expected in [(10, 1, 10.0), (10, 6, 14.0), (0.1, 400, 14.0), (9.9, 9, 16.5)]:
        now[0] += seconds
        monkeypatch.setattr(limits, "_stat", lambda running=running: stat(2, running))
        assert clock.counted() == pytest.approx(expected)
