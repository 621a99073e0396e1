"""One customer, one probability: alone and in a batch, by the file and by the service, here and there, now and after a crash."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import folders
from at_once import at_once
from bench import HEALTHY_SECONDS, READY_SECONDS, Bench
from difference import Difference
from generator.columns import FEATURES
from machine import CROWDED, crowding
from predictions import instance, read_answer, request
from runner import Service
from takehome_suite.outcome import Inconclusive, Unmet, require, short
from wire import Wire, strict_object

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
