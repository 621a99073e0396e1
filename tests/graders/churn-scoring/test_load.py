"""What is asked of a service by many at a time, and what it may take its time for."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import check_load
import pytest
from bench import Bench
from difference import Difference
from takehome_suite.client import Recorder
from takehome_suite.outcome import NoAnswer
from wire import TooSlow

Reply = Callable[[list[float], int], list[float]]


class Service:
    """A wire to something that answers each instance with itself, or with what `reply` makes of it and of how many ask.

    The first sixteen that come after the one that measures wait for each other: what a check finds is not left to chance.
    """

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._lock = threading.Lock()
        self._together = threading.Barrier(16)
        self._open = 0
        self.most = 0
        self.sizes: list[int] = []
        self.recorder = Recorder()

    def post(self, body: bytes) -> Any:
        asked = json.loads(body)["instances"]
        with self._lock:
            self._open += 1
            self.most = max(self.most, self._open)
            self.sizes.append(len(asked))
            first = 1 < len(self.sizes) <= 17
        if first:
            self._together.wait(timeout=30)
        now = self._open
        try:
            found = self._reply(asked, now)
        finally:
            with self._lock:
                self._open -= 1
        text = json.dumps({"predictions": [{"probability": one, "label": 0} for one in found]})
        exchange: Any = SimpleNamespace(name="POST /predict", asked=len(asked), text=text, took_ms=1)
        self.recorder.add(exchange)
        return SimpleNamespace(status=200, body=text.encode(), text=text, exchange=exchange)


class AtService(Bench):
    """A bench of forty customers, of whom each is its own probability, at such a service."""

    def __init__(self, service: Service) -> None:
        no_runner: Any = None
        super().__init__(no_runner, service.recorder, 1, ())
        self._service = service
        self.probe = list(range(40))
        self.online = [index / 40 for index in self.probe]

    def wire(self, _name: str) -> Any:
        return self._service

    def instances(self, indexes: Sequence[int]) -> list[Any]:
        return [self.online[index] for index in indexes]


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_load, "_MIXED_SECONDS", 0.5)


def concurrent(reply: Reply) -> tuple[list[Difference], Service]:
    service = Service(reply)
    return list(check_load.concurrent(AtService(service))), service


def test_sixteen_at_a_time_are_asked_and_no_more() -> None:
    def reply(asked: list[float], _now: int) -> list[float]:
        time.sleep(0.002)
        return asked

    found, service = concurrent(reply)
    assert not found
    assert service.most == 16
    first = service.sizes[1:17]
    assert sum(size <= 60 for size in first) == 12
    assert len({size for size in first if size > 60}) == 1


def test_an_answer_for_another_is_found() -> None:
    met = threading.Event()

    def reply(asked: list[float], now: int) -> list[float]:
        if now > 1 and not met.is_set():
            met.set()
            return [0.987] * len(asked)
        return asked

    found, service = concurrent(reply)
    assert met.is_set()
    assert [one.observed for one in found] == [0.987]
    # The wrong answer ends the proof, however many came after it.
    shown: Any = service.recorder.exchanges[-1]
    assert "0.987" in shown.text


def test_an_answer_that_lacks_a_customer_is_found() -> None:
    found, service = concurrent(lambda asked, now: asked[1:] if now > 8 else asked)
    assert [one.what for one in found] == [
        "Of 16 requests at a time, one is not answered as alone: "
        "The answer should have one prediction for each instance."
    ]
    # More came after it, and were not looked at: the proof ends with it all the same.
    shown: Any = service.recorder.exchanges[-1]
    assert len(json.loads(shown.text)["predictions"]) != shown.asked


def test_an_answer_that_does_not_come_is_found() -> None:
    def reply(asked: list[float], now: int) -> list[float]:
        if now > 8:
            raise NoAnswer("POST /predict got no answer: the connection was closed.")
        return asked

    found, _ = concurrent(reply)
    assert [one.what for one in found] == [
        "Of 16 requests at a time, one is not answered as alone: "
        "POST /predict got no answer: the connection was closed."
    ]


def test_a_slow_model_is_asked_for_less() -> None:
    def reply(asked: list[float], _now: int) -> list[float]:
        time.sleep(len(asked) / 400)
        return asked

    found, service = concurrent(reply)
    assert not found
    # A hundred are a quarter of a second.
    assert max(service.sizes) <= 100


class Says:
    """A wire of which every request ends like this."""

    def __init__(self, end: Exception | int) -> None:
        self._end = end

    def post(self, _body: bytes) -> Any:
        if isinstance(self._end, Exception):
            raise self._end
        return SimpleNamespace(status=self._end)


@pytest.mark.parametrize(("end", "failures"), [(TooSlow("slow"), 0), (NoAnswer("closed"), 1), (500, 1)])
def test_a_batch_may_take_its_time(end: Exception | int, failures: int) -> None:
    found: list[str] = []
    wire: Any = Says(end)
    check_load._load(wire, b"", threading.Event(), found)
    assert len(found) == failures
