"""Runs a submission in the containers of a grading: `runner.Runner` on the orchestrator."""

from itertools import count
from pathlib import Path

from runner import ENDED, Predicted, Trained
from takehome_suite.model import Instance, Model
from takehome_suite.outcome import Inconclusive
from takehome_suite.submission import Ended


class ContainerService:
    """`runner.Service` as one of the instances of the pod."""

    def __init__(self, name: str, instance: Instance) -> None:
        self.name = name
        self.base_url = instance.base_url
        self._instance = instance

    def alive(self) -> bool:
        return self._instance.running()

    def kill(self) -> None:
        self._instance.kill()

    def stop(self, limit: float = 10.0) -> float | None:
        return self._instance.stop(limit)

    def restart(self) -> None:
        self._instance.start()

    def log(self) -> str:
        return self._instance.log()


class ContainerRunner:
    """Trains, predicts and serves in containers; what they are given is kept in a folder of ours until then."""

    def __init__(self, model: Model, place: Path) -> None:
        self._model = model
        self._place = place
        self._numbers = count()
        self._services: dict[int, ContainerService] = {}

    def inputs(self) -> Path:
        folder = self._place / f"inputs-{next(self._numbers)}"
        folder.mkdir(parents=True)
        return folder

    def models(self) -> Path:
        return self._model.altered()

    def train(self, data: Path, *, seed: int, **environment: str) -> Trained:
        ended, folder = self._model.train(data, seed=seed, env=environment)
        return Trained(_status(ended), ended.seconds, ended.log, folder)

    def predict(self, model: Path, rows: Path, *, existing: bytes | None = None) -> Predicted:
        ended, output = self._model.predict(model, rows, existing=existing)
        return Predicted(_status(ended), ended.seconds, ended.log, output)

    def serve(self, model: Path, *, name: str) -> ContainerService:
        for number in range(self._model.instances):
            earlier = self._services.get(number)
            if earlier is None or not earlier.alive():
                service = ContainerService(name, self._model.serve(model, number))
                self._services[number] = service
                return service
        raise Inconclusive("Inconclusive: all instances are in use.")


def _status(ended: Ended) -> int:
    return ENDED if ended.killed or ended.timed_out or ended.oom_killed else ended.exit_code
