"""Checks at work before their tests ask: many at a time, as most of the time is spent waiting for runs."""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from checks import LAST, Bench, Check, Result
from outputs import Difference

# A difference, and the data set that it is about, if there is one.
Found = tuple[Difference, Result | None]

# More than runs go on at once: some wait for what another one has asked for.
_THREADS = 8


class SharedWork:
    """The differences that checks find; those for which time matters are made when nothing else goes on."""

    def __init__(self, bench: Bench, checks: Iterable[Check]) -> None:
        self._bench = bench
        self._pool = ThreadPoolExecutor(_THREADS)
        # The last ones have the most runs, one after the other.
        in_turn = list(reversed(tuple(checks)))
        early = [check for check in in_turn if not check.alone and check.id != LAST]
        # What several checks ask for comes first, so that they need not wait for each other.
        self._prepared = self._prepare(check for check in in_turn if not check.alone)
        self._begun = {check.id: self._pool.submit(self._find, check) for check in early}
        self._prepared += self._prepare(check for check in in_turn if check.alone)

    def _prepare(self, checks: Iterable[Check]) -> list[Future[object]]:
        return [self._pool.submit(check.prepare, self._bench) for check in checks if check.prepare]

    def _find(self, check: Check) -> list[Found]:
        return self._bench.found(check)

    def of(self, check: Check) -> list[Found]:
        """What the check finds."""
        begun = self._begun.get(check.id)
        if begun is not None:
            return begun.result()
        for prepared in self._prepared:
            prepared.result()
        self._pool.shutdown()
        return self._find(check)
