"""What the checks share. Each training, run and start happens once, when the first check asks for it.

A step that does not work is charged by the check of that step; for the checks that only build on it, `NotAssessable` is raised.
"""

import csv
import io
import random
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import folders
import statistic
from artifacts import Inventory, take_stock
from difference import Difference
from generator.law import RETRAINED
from generator.population import Customer, hidden_rows, retraining_table, training_table
from given import Given, tables
from machine import crowding
from predictions import Prediction, gap, instance, is_number, read_answer, read_table, request
from runner import ENDED, Predicted, Runner, Service, Trained
from takehome_suite.client import Answer, Recorder
from takehome_suite.outcome import NoAnswer, NotAssessable, Unmet, require, short
from times import Times
from wire import Wire, strict_object

SEED = 7
HIDDEN = 12_000
OTHER_HIDDEN = 3_000
HEALTHY_SECONDS = 10.0
READY_SECONDS = 30.0
# A start that takes too long is charged once; the other checks wait for it.
WATCHED_SECONDS = 60.0
_POLL_SECONDS = 0.02
AT_ONCE = 2
PREDICTIONS = f"predictions, {AT_ONCE} at a time but for the first"


@dataclass
class Start:
    """What a starting instance answered, until it was ready or the time was over. Seconds since its start."""

    crowding: float = 1.0
    healthy_at: float | None = None
    ready_at: float | None = None
    wrong: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)


class Bench:
    """One submission, its models, its instances, and what they said. `tables` are those of `given` that the checks need."""

    def __init__(self, runner: Runner, recorder: Recorder, seed: int, tables: Collection[str]) -> None:
        self.runner = runner
        self.recorder = recorder
        self.seed = seed
        self.tables = tables
        self.skew: dict[str, float] = {}
        self.latencies: dict[str, list[float]] = {}
        self.starts: dict[str, Start] = {}
        self.times = Times()
        self._services: dict[str, Service] = {}
        self._predicted: dict[str, Future[Predicted]] = {}

    def random(self, purpose: str) -> random.Random:
        return random.Random(f"{self.seed}/{purpose}")

    # Models

    @cached_property
    def training_data(self) -> bytes:
        return training_table()

    @cached_property
    def trained(self) -> Trained:
        """Trained on `train.csv`."""
        return self._train("train.csv", self.training_data, seed=SEED, PYTHONHASHSEED="1")

    @cached_property
    def again(self) -> Trained:
        """The same once more: the same bytes in another file, another hash seed."""
        return self._train("again.csv", self.training_data, seed=SEED, PYTHONHASHSEED="2718")

    @cached_property
    def other_seed(self) -> int:
        return self.random("other seed").choice((0, 10_000, 4_711))

    @cached_property
    def other_data(self) -> bytes:
        """Customers of another market."""
        return retraining_table(self.seed)

    @cached_property
    def other(self) -> Trained:
        """Trained on the other market."""
        return self._train("market.csv", self.other_data, seed=self.other_seed)

    def _train(self, name: str, data: bytes, *, seed: int, **environment: str) -> Trained:
        given = self._input(name, data)
        with self.times.of("trainings, one at a time"):
            return self.runner.train(given, seed=seed, **environment)

    @cached_property
    def model(self) -> Path:
        require(self.trained.status == 0, "train does not succeed", observed=self.trained.log[-300:])
        return self.trained.model

    @cached_property
    def inventory(self) -> Inventory:
        """The files of the model folder."""
        return take_stock(self.model, {row[0] for row in self.training_rows})

    def document(self, name: str, model: Path | None = None) -> dict[str, Any]:
        """A JSON document of a model folder; raises `Unmet` when it is none."""
        return folders.document(model or self.model, name)

    # Offline

    @cached_property
    def hidden(self) -> list[Customer]:
        return hidden_rows(self.seed, HIDDEN)

    @cached_property
    def labels(self) -> list[int]:
        return [customer.label for customer in self.hidden]

    @cached_property
    def run_on_hidden(self) -> Predicted:
        """`predict` on the hidden customers, alone."""
        model, rows = self.model, self._input("rows.csv", Given(self.hidden).rows())
        with self.times.of(PREDICTIONS):
            return self.runner.predict(model, rows)

    @cached_property
    def offline(self) -> list[Prediction]:
        """`predict` on the hidden customers."""
        return self.read(self.run_on_hidden, len(self.hidden))

    @cached_property
    def scores(self) -> list[float]:
        return [one.probability for one in self.offline]

    @cached_property
    def auc(self) -> statistic.Auc:
        return statistic.auc_interval(self.scores, self.labels)

    @cached_property
    def given(self) -> dict[str, Given]:
        """The tables that are given to `predict` besides the plain one."""
        churned = [row[0] for row in self.training_rows if row[-1] == "1"]
        other = Given(self.other_hidden, model="other")
        return {"other": other, **tables(self.hidden, self.in_region_na, churned, self.random)}

    def predicted(self, name: str) -> Predicted:
        """How `predict` ended on one of these tables.

        Where it succeeds on the plain one, all that checks need follow, two at a time. Otherwise each waits until it is asked for.
        """
        if name not in self._predicted:
            done = vars(self)
            plain = self.trained.status == 0 and self.run_on_hidden.status == 0
            ready = {one for one in ("trained", "again", "other") if one in done and done[one].status == 0}
            needed = [one for one in self.tables if self.given[one].model in ready] if plain else []
            self._predict({one for one in needed if one not in self._predicted} | {name})
        return self._predicted[name].result()

    def _predict(self, names: set[str]) -> None:
        jobs = {name: self.given[name] for name in self.given if name in names}
        with self.times.of(PREDICTIONS, len(jobs)), ThreadPoolExecutor(AT_ONCE) as pool:
            self._predicted |= {name: pool.submit(self._predict_one, job) for name, job in jobs.items()}
        for name, job in jobs.items():
            found = self._predicted[name]
            # A limit of time is meant for a run that has the machine for itself.
            if len(jobs) > 1 and found.exception() is None and found.result().status == ENDED:
                with self.times.of(PREDICTIONS), ThreadPoolExecutor(1) as pool:
                    self._predicted[name] = pool.submit(self._predict_one, job)

    def _predict_one(self, given: Given) -> Predicted:
        model = getattr(self, given.model).model
        return self.runner.predict(model, self._input("rows.csv", given.rows()), existing=given.existing)

    def read(self, predicted: Predicted, count: int) -> list[Prediction]:
        """What `predict` wrote, as something that a check builds on."""
        require(
            predicted.status == 0, "predict does not succeed on plain rows", observed=predicted.log[-300:]
        )
        try:
            found = read_table(predicted.output)
        except Unmet as error:
            raise NotAssessable(f"Not assessable: {error.message}", observed=error.observed) from None
        require(len(found) == count, f"predict writes {len(found)} lines for {count} rows")
        return found

    def parts(self, name: str) -> dict[str, list[float]]:
        """Probabilities by `predict`, by what was changed of the customers of this table."""
        given = self.given[name]
        lines = iter(self.read(self.predicted(name), len(given.customers)))
        return {what: [next(lines).probability for _ in range(count)] for what, count in given.parts.items()}

    @cached_property
    def training_rows(self) -> list[list[str]]:
        return list(csv.reader(io.StringIO(self.training_data.decode())))[1:]

    @cached_property
    def in_region_na(self) -> list[int]:
        """Indexes of hidden customers of the region `NA` of whom everything is known."""
        return self.of_hidden(
            lambda one: one.features["region"] == "NA" and None not in one.features.values(), 120
        )

    def require_telling(self) -> None:
        """A model that says the same of everybody agrees with itself, which tells nothing."""
        require(statistic.deviation(self.scores) > 1e-3, "the model says the same of everybody")

    @cached_property
    def probe(self) -> list[int]:
        """Indexes of hidden customers of whom everything is known."""
        return _known(self.hidden)[:400]

    @cached_property
    def other_probe(self) -> list[int]:
        """The same of the other market."""
        return _known(self.other_hidden)[:300]

    def of_hidden(self, keep: Callable[[Customer], bool], count: int) -> list[int]:
        """Indexes of the first hidden customers like this."""
        return [index for index, one in enumerate(self.hidden) if keep(one)][:count]

    def instances(self, indexes: Sequence[int]) -> list[dict[str, Any]]:
        return [instance(self.hidden[index]) for index in indexes]

    def _input(self, name: str, content: bytes) -> Path:
        path = self.runner.inputs() / name
        path.write_bytes(content)
        return path

    # Online

    def wire(self, name: str) -> Wire:
        """A client of an instance that is ready."""
        self.service(name)
        start = self.starts[name]
        require(start.ready_at is not None, "the service does not become ready", observed=start.states[-5:])
        return Wire(self._services[name].base_url, self.recorder)

    def service(self, name: str) -> Service:
        """The instance of this name, started and watched. `a` and `b` serve the model, `other` that of the other market."""
        if name not in self._services:
            model = self.model
            if name != "a":
                # What never becomes ready is waited for once.
                self.wire("a")
            if name == "other":
                require(self.other.status == 0, "train does not succeed on other data")
                model = self.other.model
            before = crowding()
            self._services[name] = self.runner.serve(model, name=name)
            self.starts[name] = self.watch(self._services[name])
            self.starts[name].crowding = before
        return self._services[name]

    def watch(self, service: Service) -> Start:
        """Polls a starting instance as an orchestrator does, until it is ready."""
        with self.times.of("starts of instances"):
            return self._watch(Wire(service.base_url, self.recorder), service)

    def _watch(self, wire: Wire, service: Service) -> Start:
        probe = request([instance(self.hidden[0])])
        began = time.monotonic()
        found = Start()
        while (now := time.monotonic() - began) < WATCHED_SECONDS and found.ready_at is None:
            if not service.alive():
                found.states.append(f"{now:.1f} s: it exited")
                break
            if found.healthy_at is None:
                if self.status_of(wire.get, "/healthz") == 200:
                    found.healthy_at = time.monotonic() - began
            else:
                self._look(wire, probe, found, began)
            time.sleep(_POLL_SECONDS)
        return found

    def _look(self, wire: Wire, probe: bytes, found: Start, began: float) -> None:
        """One look at an instance that is up: what is not ready answers 503, and what is ready predicts."""
        before = self.status_of(wire.get, "/readyz")
        if before == 503:
            answers = [
                ("/metadata", self.status_of(wire.get, "/metadata")),
                ("/predict", self.status_of(wire.post, probe)),
            ]
            early = [(path, status) for path, status in answers if status != 503]
            if early and self.status_of(wire.get, "/readyz") == 503:
                found.wrong += [f"{path} gave {status} before it was ready" for path, status in early]
        elif before == 200:
            found.ready_at = time.monotonic() - began
            status = self.status_of(wire.post, probe)
            if status != 200:
                found.wrong.append(f"/predict gave {status} right after /readyz was 200")
                self._settle(wire, probe)
        elif before is not None or found.states[-1:] != ["/readyz gave None"]:
            found.states.append(f"/readyz gave {before}")
        if before not in (None, 200, 503):
            found.wrong.append(f"/readyz gave {before}")

    def _settle(self, wire: Wire, probe: bytes) -> None:
        """What is ready too early is charged for that only, so the other checks begin when it predicts."""
        deadline = time.monotonic() + HEALTHY_SECONDS
        while time.monotonic() < deadline and self.status_of(wire.post, probe) == 503:
            time.sleep(_POLL_SECONDS)

    @staticmethod
    def status_of(ask: Callable[..., Answer], *arguments: Any) -> int | None:
        """The status of an answer; None if there is none, which a poll does not hold against anyone."""
        try:
            return ask(*arguments).status
        except NoAnswer:
            return None

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """`/metadata`, as something that a check builds on."""
        answer = self.wire("a").get("/metadata")
        require(answer.status == 200, f"/metadata is answered with {answer.status}")
        try:
            return strict_object(answer)
        except Unmet as error:
            raise NotAssessable(f"Not assessable: {error.message}") from None

    @cached_property
    def threshold(self) -> float:
        found = self.metadata.get("threshold")
        if not is_number(found):
            raise NotAssessable("Not assessable: /metadata has no threshold", observed=short(found))
        return float(found)

    def ask(self, instances: Sequence[Any], name: str = "a") -> list[float]:
        """The probabilities of valid instances; raises `Unmet` when they are not answered as the brief says."""
        answer = self.wire(name).post(request(instances))
        return [one.probability for one in read_answer(answer, len(instances))]

    @cached_property
    def online(self) -> list[float]:
        """The probe in one request, with the fields in the order of the brief. What builds on it is not charged for it."""
        self.require_telling()
        try:
            return self.ask(self.instances(self.probe))
        except Unmet as error:
            raise NotAssessable(f"Not assessable: {error.message}", observed=error.observed) from None

    def require_online(self) -> None:
        """What asks the service in a special way builds on a plain request."""
        require(len(self.online) == len(self.probe), "plain requests are not answered")

    def same(self, path: str, one: Sequence[float], other: Sequence[float]) -> list[Difference]:
        """A difference when two ways to the same probabilities lead to others. Kept for the report, by its path."""
        found = gap(one, other)
        self.skew[path] = max(self.skew.get(path, 0.0), found.largest)
        if not found.over:
            return []
        what = f"{path[:1].upper()}{path[1:]}: the same customers have other probabilities; {found}."
        return [Difference(what, found.one, found.other)]

    # Model folders that were changed

    def altered(self, change: Callable[[Path], None]) -> Path:
        """A copy of the model folder in which something was changed."""
        target = self.runner.models()
        folders.copy_plain(self.model, target)
        change(target)
        return target

    @cached_property
    def other_hidden(self) -> list[Customer]:
        return hidden_rows(self.seed, OTHER_HIDDEN, RETRAINED, "other market")

    @cached_property
    def other_offline(self) -> list[Prediction]:
        """`predict` with the model of the other market on its customers."""
        require(
            self.other.status == 0, "train does not succeed on other data", observed=self.other.log[-300:]
        )
        return self.read(self.predicted("other"), OTHER_HIDDEN)

    def end(self, name: str) -> None:
        """Ends an instance, if it was started."""
        if name in self._services:
            self._services[name].kill()

    def retire(self) -> None:
        """Ends every instance: what comes starts others, of which two run at once."""
        for name in self._services:
            self.end(name)


def _known(customers: Sequence[Customer]) -> list[int]:
    """Indexes of those of whom everything is known, and who are not of the region `NA`: what is null is asked apart."""
    return [
        index
        for index, customer in enumerate(customers)
        if None not in customer.features.values() and customer.features["region"] != "NA"
    ]
