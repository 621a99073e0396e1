"""Runs of the submission for the checks: in containers of their own, their outputs taken over as plain files."""

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from outputs import NAMES
from takehome_suite.submission import Ended, NotAFile, Submission, take

# What lies beside a database belongs to it.
TAKEN = (*NAMES, "warehouse.sqlite-wal", "warehouse.sqlite-journal")
LOOK_SECONDS = 0.002
# Outputs of all runs that are held at a time: as many as the brief allows, on the input volume, which has room for them.
_MOST_BYTES = 512 << 20

LOCK = """
import sqlite3, sys, time
path = sys.argv[1] + "/reference.db" if {which!r} == "input" else sys.argv[2] + "/warehouse.sqlite"
holder = sqlite3.connect(path, isolation_level=None)
holder.execute("BEGIN EXCLUSIVE")
print("ready", flush=True)
time.sleep(3.0)
holder.close()
"""


@dataclass(frozen=True)
class Ran:
    """How a run ended, as the checks want to know it."""

    status: int
    seconds: float
    stderr: str


class Runs:
    """`scenarios.Starts` on the orchestrator.

    A local output folder stands for one on the output volume. After each run it holds the plain files that lie there:
    what is a link, a pipe or too large is left out, and so is missing for the checks.
    """

    def __init__(self, submission: Submission) -> None:
        self._submission = submission
        self._folders: dict[Path, str] = {}
        self._held: dict[Path, int] = {}
        self._lock = threading.Lock()

    def run(
        self,
        source: Path,
        output: Path,
        *,
        kill_after: float | None = None,
        locked: str | None = None,
        look: Callable[[Path], None] | None = None,
        full: bool = False,
        **environment: str,
    ) -> Ran:
        """Runs the command once."""
        if output not in self._folders or not output.is_dir():
            self._folders[output] = self._submission.output()
            output.mkdir(parents=True)
        folder = self._folders[output]

        def analyze() -> Ended:
            return self._submission.analyze(
                source,
                folder,
                env=environment,
                kill_after=kill_after,
                small=full,
                beside=LOCK.format(which=locked) if locked else None,
            )

        ended = analyze() if look is None else self._watched(analyze, folder, look)
        self._take_over(ended.output, output)
        status = -9 if ended.killed or ended.timed_out else ended.exit_code
        return Ran(status, ended.seconds, ended.log)

    def _watched(self, analyze: Callable[[], Ended], folder: str, look: Callable[[Path], None]) -> Ended:
        found: list[Ended] = []
        thread = threading.Thread(target=lambda: found.append(analyze()))
        thread.start()
        while thread.is_alive():
            look(self._submission.live(folder))
            time.sleep(LOOK_SECONDS)
        thread.join()
        return found[0]

    def _take_over(self, hostile: Path, local: Path) -> None:
        shutil.rmtree(local)
        local.mkdir()
        with self._lock:
            self._held = {place: size for place, size in self._held.items() if place.is_dir()}
            self._held[local] = 0
        for name in TAKEN:
            with self._lock:
                left = _MOST_BYTES - sum(self._held.values())
                try:
                    content = take(hostile, name, most=left)
                except NotAFile:
                    continue
                self._held[local] += len(content)
            place = local / name
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(content)
