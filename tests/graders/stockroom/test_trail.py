"""Which requests must have a line in the log, and what is said of logs that were cut."""

from pathlib import Path
from typing import Any

import pytest
import test_logs_after as suite
from takehome_suite.client import Exchange
from takehome_suite.outcome import Inconclusive, Unmet
from takehome_suite.run import State
from trail import Trail

BASE = "http://127.0.0.1:8000"


def seen(folder: Path, url: str, status: int) -> list[Any]:
    state = State(folder)
    trail = Trail(state, (BASE,))
    trail.see(Exchange("GET", BASE + url, {"X-Request-ID": "0" * 32}, b"", 0, status=status))
    return list(state.get("requests", []))


def test_ordinary_requests_are_looked_for(tmp_path: Path) -> None:
    assert seen(tmp_path, "/items?limit=3", 200) == [["a", "GET", "/items", 200, "0" * 32]]


def test_what_a_server_refuses_by_itself_is_not(tmp_path: Path) -> None:
    assert seen(tmp_path, f"/items?limit={'9' * 5000}", 414) == []


def logged(state: State, log: str) -> None:
    for number in range(40):
        state.add("requests", ["a", "GET", f"/items/{number}", 200, f"{number:032x}"])
    suite.test_every_request_has_a_line_with_its_id({"a": log}, state)


def lines(numbers: range) -> str:
    return "".join(f"GET /items/{number} 200 {number:032x}\n" for number in numbers)


def test_missing_lines_are_found(tmp_path: Path) -> None:
    logged(State(tmp_path), lines(range(40)))
    with pytest.raises(Unmet, match="20 of 40 requests have none"):
        logged(State(tmp_path), lines(range(20)))


def test_a_log_without_its_beginning_decides_nothing(tmp_path: Path) -> None:
    with pytest.raises(Inconclusive):
        logged(State(tmp_path), "x" * (8 << 20) + "\n" + lines(range(20)))
