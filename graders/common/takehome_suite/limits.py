"""Limits of time, on a machine that may be busy with other work.

A limit is meant for a machine that does nothing else. Where more threads want to run than there are cores, each gets its
share only, so time counts less then: down to a quarter. The runner counts in the same way.
"""

import threading
import time
from pathlib import Path

_STRETCH = 4.0
_LOOK_SECONDS = 0.2


class Clock:
    """Counts time as it would pass on a machine that does nothing else. May be used by several threads."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._counted = 0.0
        self._looked = time.monotonic()

    def counted(self) -> float:
        """Seconds since the start that count. To be asked often: the machine was as busy as it is now since the last time."""
        with self._turn:
            now = time.monotonic()
            if now - self._looked >= _LOOK_SECONDS:
                self._counted += (now - self._looked) / crowding(_stat())
                self._looked = now
            return self._counted


def _stat() -> str:
    try:
        return Path("/proc/stat").read_text(encoding="utf-8")
    except OSError:
        return ""


def crowding(stat: str) -> float:
    """How many threads want each core, by the kernel's `/proc/stat`: 1 where all of them run, or where it does not say."""
    words = [line.split() for line in stat.splitlines()]
    cores = sum(1 for one in words if one and one[0].startswith("cpu") and one[0] != "cpu")
    running = next((int(one[1]) for one in words if one and one[0] == "procs_running"), 1)
    # The thread that looks runs as well.
    return min(max((running - 1) / max(cores, 1), 1.0), _STRETCH)
