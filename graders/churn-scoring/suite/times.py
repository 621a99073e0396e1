"""Where the time of a grading goes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Spent:
    """How often something was done, and how long it took in all, in seconds."""

    count: int = 0
    seconds: float = 0.0


class Times:
    """What is measured is not measured a second time within it."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.spent: dict[str, Spent] = {}

    @contextmanager
    def of(self, what: str, count: int = 1) -> Iterator[None]:
        """Adds what is done in it, which happens so often."""
        began = time.monotonic()
        try:
            yield
        finally:
            spent = self.spent.setdefault(what, Spent())
            spent.count += count
            spent.seconds += time.monotonic() - began

    def whole(self) -> float:
        """Since the first check began."""
        return time.monotonic() - self._began

    def rest(self) -> float:
        """What was not measured of the whole."""
        return self.whole() - sum(one.seconds for one in self.spent.values())
