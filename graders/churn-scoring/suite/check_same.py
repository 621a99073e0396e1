"""One customer, one probability: alone and in a batch, by the file and by the service, here and there, now and after a crash."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import folders
from bench import HEALTHY_SECONDS, READY_SECONDS, Bench
from difference import Difference
from generator.columns import FEATURES
from idle import Idle
from machine import CROWDED, crowding
from predictions import instance, read_answer, request
from runner import Service
from statistic import percentile
from takehome_suite.client import Recorder
from takehome_suite.outcome import Inconclusive, NoAnswer, Unmet, require, short
from wire import TooSlow, Wire, strict_object

_STOP_SECONDS = 10.0
_ALONE = 40
_PROMISED = ("name", "version", "trained_at", "threshold", "features")
_POLL_SECONDS = 0.05
# /healthz is due after ten seconds; three times as long leaves room for a machine that does other things.
_SILENT_SECONDS = 3 * HEALTHY_SECONDS
Change = Callable[[Path], None]


class Silence(Difference):
    """An instance that stays up without /healthz, which a busy machine may be to blame for."""


def offline_online(bench: Bench) -> Iterator[Difference]:
    """`predict` and the service say the same."""
    offline = [bench.scores[index] for index in bench.probe]
    bench.require_telling()
    yield from bench.same("by predict and by the service", offline, bench.ask(bench.instances(bench.probe)))


def batches(bench: Bench) -> Iterator[Difference]:
    """Alone, in small batches, in another order, and among outliers."""
    rng = bench.random("batches")
    instances, whole = bench.instances(bench.probe), bench.online
    began = time.monotonic()
    alone = []
    for one in instances[:_ALONE]:
        alone += bench.ask([one])
        now = time.monotonic()
        bench.latencies.setdefault("one instance", []).append(now - began)
        began = now
    yield from bench.same("alone and in a batch", whole[:_ALONE], alone)
    for size in (7, 100):
        parts = [bench.ask(instances[start : start + size]) for start in range(0, len(instances), size)][:20]
        found = [one for part in parts for one in part]
        yield from bench.same(f"in batches of {size}", whole[: len(found)], found)
    order = list(range(len(instances)))
    rng.shuffle(order)
    found = bench.ask([instances[index] for index in order])
    yield from bench.same("in another order", [whole[index] for index in order], found)
    yield from bench.same("among outliers", whole, bench.ask([*instances, *_outliers()])[: len(whole)])


def _outliers() -> list[dict[str, Any]]:
    """Customers at the ends of what the dictionary allows, and with nothing that may be missing."""
    found = []
    for end in ("first", "last"):
        one: dict[str, Any] = {"signup_date": "2018-01-01" if end == "first" else "2025-06-30"}
        for feature in FEATURES[1:]:
            if feature.type in ("number", "integer"):
                one[feature.name] = getattr(feature, end)
            elif feature.type == "boolean":
                one[feature.name] = end == "last"
            else:
                one[feature.name] = None if feature.nullable else feature.values[0]
        found += [one] * 50
    return found


def replicas(bench: Bench) -> Iterator[Difference]:
    """Two instances at once say the same, also about themselves."""
    instances = bench.instances(bench.probe)
    yield from bench.same("by two instances", bench.online, bench.ask(instances, "b"))
    answer = bench.wire("b").get("/metadata")
    if answer.status != 200 or promised(strict_object(answer)) != promised(bench.metadata):
        yield Difference(
            "Two instances on one model folder have other /metadata.",
            promised(bench.metadata),
            short(answer.text),
        )


def promised(metadata: dict[str, Any]) -> dict[str, Any]:
    """What the brief names of `/metadata`: further members may be of the process."""
    metrics = metadata.get("metrics")
    return {
        **{name: metadata.get(name) for name in _PROMISED},
        "auc": metrics.get("auc") if isinstance(metrics, dict) else None,
    }


def its_folder(bench: Bench) -> Iterator[Difference]:
    """An instance serves the model of its folder: that of the other market, while the first one goes on."""
    customers = [bench.other_hidden[index] for index in bench.other_probe]
    scores = [bench.other_offline[index].probability for index in bench.other_probe]
    before = bench.online
    # Two instances at once are promised, not three.
    bench.end("b")
    found = bench.ask([instance(one) for one in customers], "other")
    yield from bench.same("of another model folder, by predict and by the service", scores, found)
    yield from bench.same("while another model is served", before, bench.ask(bench.instances(bench.probe)))
    bench.end("other")


def after_kill(bench: Bench) -> Iterator[Difference]:
    """After SIGKILL and a restart: ready in thirty seconds, and the same."""
    before = bench.online
    bench.wire("b")
    service = bench.service("b")
    service.kill()
    service.restart()
    start = bench.watch(service)
    if start.ready_at is None:
        yield Difference(
            f"After kill -9 and a restart, /readyz is not 200 within {READY_SECONDS:.0f} s.",
            200,
            {"states": start.states[-5:], "log": service.log()[-300:]},
        )
        return
    yield from bench.same("after kill -9 and a restart", before, bench.ask(bench.instances(bench.probe), "b"))


def on_sigterm(bench: Bench) -> Iterator[Difference]:
    """What was received before SIGTERM is answered, and then it exits."""
    bench.require_online()
    service = bench.service("a")
    began = time.monotonic()
    bench.ask([instance(one) for one in bench.hidden[:5_000]])
    # A slow model is no fault: what is in flight takes about three seconds at most.
    count = int(5_000 / max(time.monotonic() - began, 1.0))
    rows = [instance(one) for one in bench.hidden[:count]]
    body = request(rows)
    ended: list[str | None] = []
    sent = threading.Semaphore(0)

    def send() -> None:
        ended.append(_answered(service, bench, body, len(rows), sent.release))

    senders = [threading.Thread(target=send) for _ in range(3)]
    for sender in senders:
        sender.start()
    for _ in senders:
        # Otherwise the requests would not have been received, and need no answer.
        require(sent.acquire(timeout=_STOP_SECONDS), "batches of 5,000 are not taken")
    # What came on a later connection was answered, so the earlier ones were seen.
    Wire(service.base_url, bench.recorder).get("/healthz")
    in_flight = len(senders) - len(ended)
    took = service.stop(_STOP_SECONDS)
    for sender in senders:
        sender.join()
    if took is None:
        yield Difference(
            f"On SIGTERM, the service does not exit within {_STOP_SECONDS:.0f} s.",
            "an exit",
            service.log()[-300:],
        )
    lost = [one for one in ended if one is not None]
    if lost:
        yield Difference(f"On SIGTERM, a request in flight is not answered: {lost[0]}", "an answer", lost)
    elif not in_flight:
        raise Inconclusive("Inconclusive: all requests were answered before SIGTERM could be sent.")


def _answered(
    service: Service, bench: Bench, body: bytes, count: int, sent: Callable[[], None]
) -> str | None:
    """What is wrong with the answer to this body; nothing if nothing is."""
    try:
        read_answer(Wire(service.base_url, bench.recorder).post(body, sent=sent), count)
    except Unmet as error:
        return error.message
    return None


def changed_file(bench: Bench) -> Iterator[Difference]:
    """A file that is not the one in the manifest, by one byte at its end: never ready."""
    stated = folders.listed(bench.model)
    present = sorted(
        (one for one in bench.inventory.artifacts if one.path in stated), key=lambda one: one.size
    )
    require(bool(present), "the manifest lists no file that is there")
    names = {present[0].path, present[-1].path}
    yield from _never_ready(
        bench, {f"{name} has one byte more than when it was trained": _longer(name) for name in sorted(names)}
    )


def incomplete(bench: Bench) -> Iterator[Difference]:
    """A missing file, no manifest, a manifest that does not list the model: never ready."""
    stated = folders.listed(bench.model)
    by_size = sorted(bench.inventory.artifacts, key=lambda one: one.size)
    models = [one.path for one in by_size if one.path not in folders.METADATA]
    require(bool(models) and models[-1] in stated, "the manifest does not list the model")
    smallest = next(one.path for one in by_size if one.path in stated)
    changes: dict[str, Change] = {
        f"{smallest} is missing": lambda folder: (folder / smallest).unlink(),
        "manifest.json is missing": lambda folder: (folder / "manifest.json").unlink(),
        f"the manifest does not list {models[-1]}": lambda folder: _unlist(folder, models[-1]),
    }
    yield from _never_ready(bench, changes)


def _longer(name: str) -> Change:
    def change(folder: Path) -> None:
        with (folder / name).open("ab") as file:
            file.write(b"\n")

    return change


def _unlist(folder: Path, name: str) -> None:
    manifest = folders.document(folder, "manifest.json")
    del manifest["files"][name]
    folders.write_document(folder, "manifest.json", manifest)


def _never_ready(bench: Bench, changes: dict[str, Change]) -> Iterator[Difference]:
    """Two instances at a time, each on an altered folder, watched for twice as long as an unchanged one took."""
    bench.wire("a")
    took = max(start.ready_at or 0.0 for start in bench.starts.values())
    bench.retire()
    waiting = list(changes.items())
    found: list[Difference] = []
    while waiting:
        pair, waiting = waiting[:2], waiting[2:]
        copies = [bench.altered(change) for _, change in pair]
        altered = [
            (what, bench.runner.serve(copy, name=f"altered-{number}"))
            for number, ((what, _), copy) in enumerate(zip(pair, copies, strict=True))
        ]

        def watch(one: tuple[str, Service]) -> Difference | None:
            return _watched(bench, one[0], one[1], 2 * took + 1.0)

        with bench.times.of("instances on altered folders, two at a time", len(altered)):
            results = at_once(watch, altered)
        for (_, service), copy in zip(altered, copies, strict=True):
            service.kill()
            # The volume has room for a few copies only.
            shutil.rmtree(copy)
        found += [one for one in results if one is not None]
    if found and all(isinstance(one, Silence) for one in found) and crowding() > CROWDED:
        raise Inconclusive("Inconclusive: the machine was busy with something else during the start.")
    yield from found


def _watched(bench: Bench, what: str, service: Service, seconds: float) -> Difference | None:
    """What is wrong with an instance that should never be ready: watched for so long, and until /healthz answers."""
    wire = Wire(service.base_url, bench.recorder)
    began = time.monotonic()
    enough, last = began + min(max(seconds, 4.0), READY_SECONDS), began + _SILENT_SECONDS
    healthy = False
    while service.alive() and time.monotonic() < (enough if healthy else last):
        if bench.status_of(wire.get, "/readyz") == 200:
            return Difference(f"/readyz is 200 although {what}.", "never ready", 200)
        healthy = bench.status_of(wire.get, "/healthz") == 200
        time.sleep(_POLL_SECONDS)
    if service.alive() and not healthy:
        log = service.log()[-300:]
        return Silence(f"When {what}, the service stays up without /healthz.", "200, or an exit", log)
    return None


def concurrent(bench: Bench) -> Iterator[Difference]:
    """Sixteen requests at a time, each with its own customers: each gets its own predictions."""
    wire, expected = bench.wire("a"), dict(zip(bench.probe, bench.online, strict=True))
    rng = bench.random("concurrent")
    for _ in range(6):
        jobs = [rng.sample(bench.probe, rng.choice((1, 3, 20, 60))) for _ in range(16)]

        def ask(indexes: Sequence[int]) -> list[float]:
            began = time.monotonic()
            answer = wire.post(request(bench.instances(indexes)))
            bench.latencies.setdefault("16 at a time", []).append(time.monotonic() - began)
            return [one.probability for one in read_answer(answer, len(indexes))]

        for indexes, found in zip(jobs, at_once(ask, jobs), strict=True):
            if isinstance(found, Unmet):
                yield Difference(
                    f"Of 16 requests at a time, one is not answered as alone: {found.message}", 200
                )
                return
            wrong = bench.same("16 requests at a time", [expected[index] for index in indexes], found)
            if wrong:
                yield from wrong
                return


def at_once(work: Callable[[Any], Any], jobs: Sequence[Any]) -> list[Any]:
    """The result of each job, all begun together in threads; what it raises of `Unmet` is its result."""
    results: list[Any] = [None] * len(jobs)
    barrier = threading.Barrier(len(jobs))

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = work(jobs[number])
        except Unmet as error:
            results[number] = error

    workers = [threading.Thread(target=run, args=(number,)) for number in range(len(jobs))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return results


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
