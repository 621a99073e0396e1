"""How a test ends, as exceptions, and helpers that raise them with a sentence an interviewer understands."""

from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from takehome_suite.client import Answer

PASSED = "passed"
FAILED = "failed"
PARTIAL = "partial"
NOT_ASSESSABLE = "not-assessable"
INCONCLUSIVE = "inconclusive"
ERRORED = "errored"


class Unmet(AssertionError):
    """The submission did not do what was asked: the test has failed."""

    def __init__(self, message: str, *, expected: Any = None, observed: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected
        self.observed = observed


class NoAnswer(Unmet):
    """A request got no HTTP answer: refused, reset, too slow, too large or not HTTP."""


class Partial(Unmet):
    """What matters holds, but the answer is not the one asked for. Counts half."""


class NotAssessable(Unmet):
    """Something that this test builds on is broken, and is charged by the test of that thing."""


class Inconclusive(Unmet):
    """A condition on our side was not met. Says nothing about the submission."""


def fail(message: str, *, expected: Any = None, observed: Any = None) -> NoReturn:
    """Ends the test as failed."""
    raise Unmet(message, expected=expected, observed=observed)


def expect(condition: bool, message: str, *, expected: Any = None, observed: Any = None) -> None:
    """The test fails with the message unless the condition holds."""
    if not condition:
        raise Unmet(message, expected=expected, observed=observed)


def expect_equal(observed: Any, expected: Any, what: str) -> None:
    """The test fails unless both are equal; `what` names the thing that is compared."""
    if observed != expected:
        raise Unmet(_difference(observed, expected, what), expected=expected, observed=observed)


def _difference(observed: Any, expected: Any, what: str) -> str:
    """What differs, in a sentence: of objects and lists only that, as the proof shows them whole."""
    if isinstance(observed, dict) and isinstance(expected, dict):
        names = [name for name in {**expected, **observed} if observed.get(name) != expected.get(name)]
        parts = [
            f"{name} {short(observed.get(name), 40)} instead of {short(expected.get(name), 40)}"
            for name in names
        ]
        return f"{what} has {', '.join(parts[:3])}."
    if isinstance(observed, list) and isinstance(expected, list):
        if not expected:
            return f"{what} should be none, but are {len(observed)}."
        if len(observed) != len(expected):
            return f"{what} should be {len(expected)}, but are {len(observed)}."
        return f"{what} are not the expected ones, or not in their order."
    return f"{what} should be {short(expected)}, but is {short(observed)}."


def expect_status(answer: "Answer", allowed: "int | Iterable[int]", doing: str) -> None:
    """The test fails unless the answer has one of the statuses; `doing` reads like "creating an item"."""
    statuses = _statuses(allowed)
    if answer.status not in statuses:
        raise Unmet(
            f"{_capital(doing)} should be answered with {_either(statuses)}, "
            f"but was answered with {answer.status}.",
            expected={"status": statuses},
            observed={"status": answer.status, "body": short(answer.text)},
        )


def require(condition: bool, reason: str, *, observed: Any = None) -> None:
    """The test is not assessable unless the condition holds."""
    if not condition:
        raise NotAssessable(f"Not assessable: {reason}", observed=observed)


def require_status(answer: "Answer", allowed: "int | Iterable[int]", doing: str) -> None:
    """The test is not assessable unless the answer has one of the statuses."""
    statuses = _statuses(allowed)
    if answer.status not in statuses:
        raise NotAssessable(
            f"Not assessable: {doing} was answered with {answer.status} instead of {_either(statuses)}.",
            expected={"status": statuses},
            observed={"status": answer.status, "body": short(answer.text)},
        )


def short(value: Any, limit: int = 120) -> str:
    """A value as it may stand in a sentence: bounded."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def _statuses(allowed: "int | Iterable[int]") -> list[int]:
    return [allowed] if isinstance(allowed, int) else sorted(allowed)


def _either(statuses: list[int]) -> str:
    return " or ".join(str(status) for status in statuses)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
