"""What a check yields when the submission does something other than the brief asks."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """`what` is a sentence for an interviewer; the values are JSON-able."""

    what: str
    expected: Any = None
    observed: Any = None

    def __str__(self) -> str:
        if self.expected is None and self.observed is None:
            return self.what
        return f"{self.what} Expected: {self.expected!r}. Observed: {self.observed!r}."
