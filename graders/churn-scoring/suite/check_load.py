"""Many requests at a time: each gets its own predictions, and `/healthz` does not wait for them."""

import threading
import time
from collections.abc import Iterator, Sequence

from at_once import at_once
from bench import Bench
from difference import Difference
from idle import Idle
from machine import CROWDED, crowding
from predictions import instance, read_answer, request
from statistic import percentile
from takehome_suite.client import Answer, Recorder
from takehome_suite.outcome import Inconclusive, NoAnswer, Unmet, require
from wire import TooSlow, Wire

_CLIENTS = 16
_LARGE = 4
_LARGE_SECONDS = 0.25
_MOST_ROWS = 5_000
_SMALL_ROWS = (1, 3, 20, 60)
_MOST_ANSWERS = 200
_MIXED_SECONDS = 5.0


class _Client:
    """One of those that ask at a time: the customers of each of its requests, and what was answered."""

    def __init__(self, bench: Bench, jobs: list[list[int]]) -> None:
        self.jobs = jobs
        # Made before, so that nothing but the service decides which requests meet.
        self._bodies = [request(bench.instances(indexes)) for indexes in jobs]
        self.answers: list[tuple[list[int], Answer]] = []
        self.seconds: list[float] = []

    def ask(self, wire: Wire, over: float) -> None:
        """Request after request until then; raises `NoAnswer` at the first that gets none."""
        for number in range(_MOST_ANSWERS):
            began = time.monotonic()
            if number and began > over:
                return
            which = number % len(self.jobs)
            self.answers.append((self.jobs[which], wire.post(self._bodies[which])))
            self.seconds.append(time.monotonic() - began)


def concurrent(bench: Bench) -> Iterator[Difference]:
    """Sixteen requests at a time, four of them large, each with its own customers: each gets its own predictions.

    Small ones are over before they meet: what mixes them up would be found on some machines only. So they come and go for
    some seconds, in all of which large ones are worked on.
    """
    wire, rows = bench.wire("a"), _large_rows(bench)
    rng = bench.random("concurrent")

    def client(jobs: int, sizes: Sequence[int]) -> _Client:
        return _Client(bench, [rng.choices(bench.probe, k=rng.choice(sizes)) for _ in range(jobs)])

    large = [client(2, (rows,)) for _ in range(_LARGE)]
    small = [client(10, _SMALL_ROWS) for _ in range(_CLIENTS - _LARGE)]
    over = time.monotonic() + _MIXED_SECONDS
    ends = at_once(lambda one: one.ask(wire, over), small + large)
    for size, clients in ((f"{rows:,}", large), (f"{_SMALL_ROWS[0]} to {_SMALL_ROWS[-1]}", small)):
        bench.latencies[f"16 at a time: {size} instances"] = [
            one for client in clients for one in client.seconds
        ]
    # A small one that is wrong is easier to read.
    for asked, end in zip(small + large, ends, strict=True):
        wrong = _wrong(bench, asked, end)
        if wrong:
            yield from wrong
            return


def _large_rows(bench: Bench) -> int:
    """As many customers as take a quarter of a second alone: a slow model is no fault."""
    bench.require_online()
    began = time.monotonic()
    bench.ask(bench.instances(bench.probe))
    found = int(len(bench.probe) * _LARGE_SECONDS / (time.monotonic() - began))
    return max(min(found, _MOST_ROWS), max(_SMALL_ROWS))


def _wrong(bench: Bench, client: _Client, end: Unmet | None) -> list[Difference]:
    """The first of the client's answers that is not as it is alone; the proof ends with it."""
    expected = dict(zip(bench.probe, bench.online, strict=True))
    for indexes, answer in client.answers:
        try:
            found = [one.probability for one in read_answer(answer, len(indexes))]
        except Unmet as error:
            wrong = [_unanswered(error)]
        else:
            wrong = bench.same("16 requests at a time", [expected[index] for index in indexes], found)
        if wrong:
            bench.recorder.show(answer.exchange)
            return wrong
    return [_unanswered(end)] if end is not None else []


def _unanswered(error: Unmet) -> Difference:
    return Difference(f"Of 16 requests at a time, one is not answered as alone: {error.message}", 200)


_HEALTH_SECONDS = 0.5
_POLLS = 100
_REPETITIONS = 3
_FEWEST_POLLS = 50
_LOAD_SECONDS = 25.0


def health_under_load(bench: Bench) -> Iterator[Difference]:
    """While six batches of 5,000 are scored, again and again, `/healthz` answers within half a second.

    The machine may have been busy with something else: it counts if it happens three times in a row.
    """
    bench.require_online()
    found: list[Difference] = []
    crowded = 1.0
    for _ in range(_REPETITIONS):
        crowded = max(crowded, crowding())
        judged = _polled(bench)
        bench.latencies["healthz under load"] = judged
        slow = [seconds for seconds in judged if seconds > _HEALTH_SECONDS]
        if len(slow) <= max(len(judged) // 50, 1):
            return
        what = (
            f"While six batches of 5,000 are scored, {len(slow)} of {len(judged)} polls of /healthz take longer than "
            f"{_HEALTH_SECONDS} s, the slowest {max(slow):.1f} s."
        )
        shown = {"p50": round(percentile(judged, 0.5), 3), "p98": round(percentile(judged, 0.98), 3)}
        found.append(Difference(what, f"at most {len(judged) // 50} slow ones", shown))
    if max(crowded, crowding()) > CROWDED:
        raise Inconclusive("Inconclusive: the machine was busy with something else.", observed=found[-1].what)
    yield from found


def _polled(bench: Bench) -> list[float]:
    """The seconds of each poll that the machine itself did not disturb.

    Polls begin every 50 ms, whether or not earlier ones were answered: waiting for the answer would leave out just the
    moments in which there is none.
    """
    wire = bench.wire("a")
    body = request([instance(one) for one in bench.hidden[:5_000]])
    over = threading.Event()
    failures: list[str] = []
    with Idle() as idle:
        loaders = [threading.Thread(target=_load, args=(wire, body, over, failures)) for _ in range(6)]
        for loader in loaders:
            loader.start()
        polls = [Poll(wire, Wire(idle.base_url, Recorder())) for _ in range(_POLLS)]
        for poll in polls:
            poll.start()
            over.wait(0.05)
        for poll in polls:
            poll.join()
        over.set()
        for loader in loaders:
            loader.join()
    require(not failures, "batches of 5,000 are not answered", observed=failures[:3])
    judged = [poll.seconds for poll in polls if poll.idle_seconds < _HEALTH_SECONDS / 2]
    if len(judged) < _FEWEST_POLLS:
        raise Inconclusive(
            f"Inconclusive: only {len(judged)} of {len(polls)} polls were not disturbed by the machine."
        )
    return judged


def _load(wire: Wire, body: bytes, over: threading.Event, failures: list[str]) -> None:
    deadline = time.monotonic() + _LOAD_SECONDS
    while not over.is_set() and time.monotonic() < deadline:
        try:
            # Only the status: reading 5,000 predictions would keep the polls from being looked at.
            status = wire.post(body).status
        except TooSlow:
            # How long a batch takes is free, and only the polls are judged.
            return
        except NoAnswer as error:
            failures.append(error.message)
            return
        if status != 200:
            failures.append(f"a batch is answered with {status}")
            return


class Poll(threading.Thread):
    """One look at `/healthz`, and at a server that does nothing."""

    def __init__(self, wire: Wire, idle: Wire) -> None:
        super().__init__()
        self._wire = wire
        self._idle = idle
        self.seconds = 0.0
        self.idle_seconds = 0.0

    def run(self) -> None:
        beside = threading.Thread(target=self._look_at_idle)
        beside.start()
        self.seconds = _seconds(self._wire)
        beside.join()

    def _look_at_idle(self) -> None:
        self.idle_seconds = _seconds(self._idle)


def _seconds(wire: Wire) -> float:
    """How long it takes; twenty seconds if it is not answered with 200."""
    began = time.monotonic()
    try:
        answered = wire.get("/healthz").status == 200
    except NoAnswer:
        answered = False
    return time.monotonic() - began if answered else 20.0
