"""How much a test may take: of the processor, so that a busy machine changes nothing, and of memory."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def bounded(seconds: float, mebibytes: int) -> Iterator[None]:
    """What is entered takes no more than this."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    begun, before = time.process_time(), _memory("VmRSS")
    yield
    assert time.process_time() - begun < seconds
    assert _memory("VmHWM") - before < mebibytes


def _memory(name: str) -> int:
    """Mebibytes of this process: `VmRSS` now, `VmHWM` at most since the mark was reset (proc(5))."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) >> 10
