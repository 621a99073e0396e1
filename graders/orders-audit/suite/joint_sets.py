"""Data sets of several rules that stand for sets of some of them, so that a sound submission is run less often.

They only acquit: where one does not come out right, each set that it stands for is analyzed by itself, and that decides.
Joined are rules of different columns, or of different rows, so that a column as a whole looks as it does in the set of
its one rule: readers that guess types are not helped. The rows are as many as show every kind of spelling and fault at
least as often as the smaller sets do.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from generator.model import RULES

ROWS = 220


@dataclass(frozen=True)
class JointSet:
    """A set of about so many rows, and the rules of those of its profile that it stands for."""

    profile: str
    rules: tuple[str, ...]
    rows: int
    stands_for: tuple[frozenset[str], ...]


def _each(*rules: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset({rule}) for rule in rules)


_OF_FIELDS = ("R4", "R5", "R6", "R7", "R8", "R9", "R10")
_OF_ROWS = ("R12", "R13", "R15", "R16")

FIELDS = JointSet("mess", _OF_FIELDS, 10 * ROWS, _each(*_OF_FIELDS))
ORDERS = JointSet("mess", _OF_ROWS, 4 * ROWS, _each(*_OF_ROWS))
EVERYTHING = JointSet("mess", RULES, 2 * ROWS, (*_each("R2"), frozenset(RULES) - {"R1"}))
VOCABULARY = JointSet("vocabulary", ("R4", "R5"), 2 * ROWS, _each("R4", "R5"))
JOINT_SETS = (
    FIELDS,
    ORDERS,
    EVERYTHING,
    VOCABULARY,
    JointSet("format", ("R1", "R2"), 2 * ROWS, _each("R1")),
    JointSet("sample", ("R3", "Q4"), 2 * ROWS, _each("Q4")),
)


def joint_set_of(profile: str, rules: Iterable[str]) -> JointSet | None:
    """The set that stands for the one of these rules, if there is one."""
    wanted = frozenset(rules)
    return next((one for one in JOINT_SETS if one.profile == profile and wanted in one.stands_for), None)
