"""A submission that trains, predicts and serves: each command in a container of its own, away from this process.

What a command reads lies on the input volume only while it runs. Model folders and predictions are hostile: this process
only reads them, by `submission.take`.
"""

import shutil
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from takehome_suite.orchestrator import Orchestrator
from takehome_suite.outcome import Inconclusive
from takehome_suite.run import Run
from takehome_suite.submission import Ended, NotAFile, take

FOLDERS = 128
_OUTPUT = "preds.csv"
_MODEL = "model"


@dataclass(frozen=True)
class Instance:
    """One instance of the service. Nothing here waits for an answer of the service."""

    base_url: str
    _orchestrator: Orchestrator
    _number: int

    def running(self) -> bool:
        """Whether the process that was started still runs."""
        return bool(self._ask("running")["happened"])

    def kill(self) -> None:
        """SIGKILL to all of its processes; returns when they are gone."""
        self._orchestrator.ask({"what": "kill", "replicas": [self._number]})

    def stop(self, limit: float) -> float | None:
        """SIGTERM, and the seconds until its end; None if it took longer than the limit, and was killed."""
        begun = time.monotonic()
        self._ask("terminate")
        if self._ask("await-end", within_ms=int(limit * 1000))["happened"]:
            return time.monotonic() - begun
        self.kill()
        return None

    def start(self) -> None:
        """Starts it again as it was started first. It does not run."""
        self._orchestrator.ask({"what": "start", "replicas": [self._number]})

    def log(self) -> str:
        """The end of what it has printed."""
        return str(self._ask("log")["log"])

    def _ask(self, what: str, **more: Any) -> dict[str, Any]:
        return self._orchestrator.ask({"what": what, "replica": self._number, **more})


class Model:
    """Trains, predicts and serves, and hands out folders."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._orchestrator = Orchestrator(run)
        self._trainings = iter(range(run.trainings))
        self._outputs = iter(range(FOLDERS))
        self._altered = count()

    def train(self, data: Path, *, seed: int, env: dict[str, str] | None = None) -> tuple[Ended, Path]:
        """How the training ended, and where its model folder is; it may not exist."""
        self._orchestrator.require_time()
        number = _next(self._trainings, "models")
        with _Given(self._run, data) as given:
            question = {"what": "train", "data": given.name, "model": number, "seed": seed}
            reply = self._orchestrator.ask({**question, "env": list((env or {}).items())})
        model = self._run.models_dir / str(number) / _MODEL
        return Ended.told(reply["run"], model), model

    def predict(
        self, model: Path, rows: Path, *, existing: bytes | None = None
    ) -> tuple[Ended, bytes | None]:
        """How the prediction ended, and what lies in its output file; None if there is no plain file."""
        self._orchestrator.require_time()
        folder = f"o{_next(self._outputs, 'output folders'):03}"
        with _Given(self._run, rows) as given:
            question = {"what": "predict", "model": self._named(model), "rows": given.name, "output": folder}
            if existing is not None:
                question["existing"] = given.beside("existing.csv", existing)
            reply = self._orchestrator.ask(question)
        output = self._run.output_dir / folder
        try:
            written = take(output, _OUTPUT)
        except NotAFile:
            written = None
        return Ended.told(reply["run"], output), written

    def altered(self) -> Path:
        """A new folder for an altered copy of a model folder."""
        folder = self._run.altered_dir / f"altered-{next(self._altered)}"
        folder.mkdir()
        return folder

    def serve(self, model: Path, number: int) -> Instance:
        """Starts an instance, in the place of the one of that number; it is not ready yet."""
        self._orchestrator.ask({"what": "serve", "replica": number, "model": self._named(model)})
        return Instance(self._run.base_urls[number], self._orchestrator, number)

    @property
    def instances(self) -> int:
        """How many instances can run at the same time."""
        return len(self._run.base_urls)

    def _named(self, model: Path) -> dict[str, Any]:
        if model.is_relative_to(self._run.altered_dir):
            return {"of": "altered", "folder": str(model.relative_to(self._run.altered_dir))}
        return {"of": "trained", "model": int(model.relative_to(self._run.models_dir).parts[0])}


class _Given:
    """A file on the input volume while it is entered."""

    _numbers = count()

    def __init__(self, run: Run, source: Path) -> None:
        self._input = run.input_dir
        self._folder = run.input_dir / f"given-{next(self._numbers)}"
        self._source = source

    def __enter__(self) -> "_Given":
        self._folder.mkdir()
        shutil.copyfile(self._source, self._folder / self._source.name)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder)

    @property
    def name(self) -> str:
        return f"{self._folder.name}/{self._source.name}"

    def beside(self, name: str, content: bytes) -> str:
        (self._folder / name).write_bytes(content)
        return f"{self._folder.name}/{name}"


def _next(numbers: Any, what: str) -> int:
    try:
        return int(next(numbers))
    except StopIteration:
        raise Inconclusive(f"Inconclusive: all {what} are used up.") from None
