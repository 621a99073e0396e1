"""Runs of the submission's command, each in a container of its own, away from this process.

Inputs are folders below the input volume, which runs only read. Outputs are folders below the output volume, which
this process only reads: what lies there is hostile, and `take` is the way to look at it.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from takehome_suite.orchestrator import Orchestrator
from takehome_suite.outcome import Inconclusive
from takehome_suite.run import Run

FOLDERS = 256
FILE_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class Ended:
    """How a run of the command ended."""

    exit_code: int
    oom_killed: bool
    killed: bool
    timed_out: bool
    seconds: float
    log: str
    output: Path

    @classmethod
    def told(cls, report: Mapping[str, Any], output: Path) -> Self:
        """As the orchestrator tells it."""
        return cls(
            exit_code=report["exit_code"],
            oom_killed=report["oom_killed"],
            killed=report["killed"],
            timed_out=report["timed_out"],
            seconds=report["took_ms"] / 1000,
            log=report["log"],
            output=output,
        )


class NotAFile(Exception):
    """What should be a file of a submission's output is not there, or is no plain file of a sensible size."""


class Submission:
    """Runs the command, and hands out folders for it."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._orchestrator = Orchestrator(run)
        self._folders = iter(range(FOLDERS))

    def input(self, name: str) -> Path:
        """A new folder for a data set."""
        folder = self._run.input_dir / name
        folder.mkdir()
        return folder

    def output(self) -> str:
        """The name of an output folder that no run has seen."""
        try:
            return f"o{next(self._folders):03}"
        except StopIteration:
            raise Inconclusive("Inconclusive: all output folders are used up.") from None

    def live(self, output: str) -> Path:
        """An output folder as it is at this moment: hostile."""
        return self._run.output_dir / output

    def analyze(
        self,
        given: Path,
        output: str | None = None,
        *,
        env: Mapping[str, str] | None = None,
        kill_after: float | None = None,
        small: bool = False,
        beside: str | None = None,
    ) -> Ended:
        """Runs the command on an input folder; into a new output folder unless one is named.

        `kill_after` is in seconds. `small` takes the volume on which nothing has room. `beside` is Python that runs on
        the same volumes meanwhile; it gets the input and the output folder as arguments and first prints `ready`.

        May be called by several threads: some runs go on at once, more wait.
        """
        self._orchestrator.require_time()
        folder = "o000" if small else output or self.output()
        question = {
            "what": "run",
            "input": str(given.relative_to(self._run.input_dir)),
            "output": folder,
            "small": small,
            "env": list((env or {}).items()),
            "kill_after_ms": None if kill_after is None else int(kill_after * 1000),
            "beside": beside,
        }
        told = self._orchestrator.ask(question)["run"]
        root = self._run.small_dir if small else self._run.output_dir
        return Ended.told(told, root / folder)


def take(folder: Path, name: str, *, most: int = FILE_BYTES) -> bytes:
    """The bytes of a plain file below a hostile folder; follows no link and waits for nothing."""
    try:
        fd = _open_below(folder, name.split("/"))
    except OSError as error:
        raise NotAFile(f"{name} is missing or no plain file ({os.strerror(error.errno or 0)})") from None
    with os.fdopen(fd, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise NotAFile(f"{name} is no plain file")
        if status.st_size > most:
            raise NotAFile(f"{name} has {status.st_size} bytes; at most {most} are read")
        return file.read(most + 1)


def _open_below(folder: Path, parts: list[str]) -> int:
    *folders, name = parts
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        for part in folders:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = inner
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here)
    finally:
        os.close(here)
