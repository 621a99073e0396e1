"""Checks at work before their tests ask: two at a time, as most of the time is spent waiting for runs."""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from checks import LAST, Bench, Check, Result
from outputs import Difference

# A difference, and the data set that it is about, if there is one.
Found = tuple[Difference, Result | None]

_AT_ONCE = 2


class SharedWork:
    """The differences that checks find; those for which time matters are made when nothing else goes on."""

    def __init__(self, bench: Bench, checks: Iterable[Check]) -> None:
        self._bench = bench
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        self._begun: dict[str, Future[list[Found]]] = {
            check.id: self._pool.submit(self._find, check)
            for check in checks
            if not check.alone and check.id != LAST
        }

    def _find(self, check: Check) -> list[Found]:
        return self._bench.found(check)

    def of(self, check: Check) -> list[Found]:
        """What the check finds."""
        begun = self._begun.get(check.id)
        if begun is not None:
            return begun.result()
        self._pool.shutdown()
        return self._find(check)
