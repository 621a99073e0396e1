"""Whether the machine has time for us: limits of time are meant for one that does nothing else."""

import time

_SPIN_SECONDS = 0.2
CROWDED = 1.25


def crowding() -> float:
    """How many times longer work takes than it computes: about 1 on a machine that does nothing else.

    Asked while the submission is idle, and no other thread of ours runs.
    """
    began, computed = time.monotonic(), time.thread_time()
    while time.monotonic() - began < _SPIN_SECONDS:
        pass
    return (time.monotonic() - began) / max(time.thread_time() - computed, 1e-6)
