"""What the checks ask of whoever runs the submission: processes from `compare.py`, containers in a grading.

Folders that are handed out are readable for the submission. Model folders and outputs are hostile: they hold whatever the
submission put there.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

# A run that was ended from outside: because it took too long, or by the kernel.
ENDED = -9


@dataclass(frozen=True)
class Trained:
    """How `train` ended. `model` is the folder that was given as `--out`; it may not exist."""

    status: int
    seconds: float
    log: str
    model: Path


@dataclass(frozen=True)
class Predicted:
    """How `predict` ended. `output` is what lies at `--output` afterwards: None if there is no plain file."""

    status: int
    seconds: float
    log: str
    output: bytes | None


class Service(Protocol):
    """One instance of the service. Nothing here waits for an answer of the service."""

    name: str
    base_url: str

    def alive(self) -> bool:
        """Whether the process that was started still runs."""

    def kill(self) -> None:
        """SIGKILL to all of its processes; returns when they are gone. What has ended is left alone."""

    def stop(self, limit: float = 10.0) -> float | None:
        """SIGTERM to the process that was started. Returns the seconds until it ended, or None if it took longer than
        the limit. Whatever is left of it then is killed."""

    def restart(self) -> None:
        """Starts it again as it was started first, on the same port. It does not run."""

    def log(self) -> str:
        """What it wrote to stdout and stderr, the last part of it."""


class Runner(Protocol):
    """Runs one submission."""

    def inputs(self) -> Path:
        """A new, empty folder for the files that a command is to read."""

    def models(self) -> Path:
        """A new, empty folder for an altered copy of a model folder."""

    def train(self, data: Path, *, seed: int, **environment: str) -> Trained:
        """Trains into a model folder that no run has seen, for five minutes at most."""

    def predict(self, model: Path, rows: Path, *, existing: bytes | None = None) -> Predicted:
        """Predicts into a file that does not exist, or holds the existing bytes; for a minute at most."""

    def serve(self, model: Path, *, name: str) -> Service:
        """Starts an instance with PORT and MODEL_DIR in its environment, and returns at once."""
