"""The tables that `predict` is given besides the plain one: each is made of customers whose truth is known."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from generator.columns import CLOSURE_CODES, COLUMNS, NAMES, NULLABLE, Value
from generator.population import Customer
from generator.tables import PLAIN, Spelling, table

FEATURE_COLUMNS = ("customer_id", *NAMES)
# Tables of which one row is invalid.
INVALID = ("an empty required field", "a day that is not in the calendar", "a fraction as an integer")
_REPEATED_ROWS = 4_000
_VARIED = 1_500
_LEAKY = 1_000
_SPELLED = 500
_ODD_IDS = (
    "007",
    "1e5",
    "NA",
    "null",
    "0x10",
    "1_000",
    "12.0",
    "Zo\u00eb",
    'Smith, "J"',
    "-",
    "=1+1",
    "00000001-AA",
)


@dataclass(frozen=True)
class Given:
    """A table. `model` says which training's model it is for, `existing` what lies at `--output` before.

    `parts` are the numbers of its rows by what was changed, `indexes` the places of its customers among the hidden ones
    where nothing was, and `flaw` is why it must be refused.
    """

    customers: Sequence[Customer]
    names: Sequence[str] = FEATURE_COLUMNS
    spelling: Spelling = PLAIN
    existing: bytes | None = None
    model: str = "trained"
    parts: dict[str, int] = field(default_factory=dict)
    indexes: Sequence[int] = ()
    flaw: str = ""

    def rows(self) -> bytes:
        return table(self.customers, self.names, self.spelling)


def tables(
    hidden: Sequence[Customer],
    in_region_na: Sequence[int],
    churned: Sequence[str],
    draw: Callable[[str], random.Random],
) -> dict[str, Given]:
    """By name. `churned` are ids of the training data whose customers have churned."""
    return {
        "again": Given(hidden[:_REPEATED_ROWS], model="again"),
        "variants": _variants(hidden, in_region_na),
        "output": _output(hidden),
        "spellings": _spellings(hidden),
        "columns": _columns(hidden, draw("columns")),
        "no rows": Given([]),
        **_invalid(hidden, draw("invalid rows")),
        "leaks": _leaks(hidden, churned, draw("leaks")),
    }


def _in_parts(parts: dict[str, list[Customer]], names: Sequence[str]) -> Given:
    everyone = [one for part in parts.values() for one in part]
    return Given(everyone, names, parts={name: len(part) for name, part in parts.items()})


def _variants(hidden: Sequence[Customer], in_region_na: Sequence[int]) -> Given:
    """Customers of whom one thing is another."""
    first = hidden[:_VARIED]
    changed = {
        "days_since_last_login": [_raised(one, "days_since_last_login", 365) for one in first],
        "support_tickets_90d": [_raised(one, "support_tickets_90d", 20) for one in first],
        **{
            f"region {name}": [_with(hidden[index], region=name) for index in in_region_na]
            for name in (None, "EU", "LATAM")
        },
    }
    return _in_parts(changed, FEATURE_COLUMNS)


def _leaks(hidden: Sequence[Customer], churned: Sequence[str], rng: random.Random) -> Given:
    """Customers with what a model must not use: codes and labels by chance, ids of the training data."""
    first = hidden[:_LEAKY]
    codes = (None, *CLOSURE_CODES)
    changed = {
        "codes": [replace(one, label=rng.randrange(2), closure_code=rng.choice(codes)) for one in first],
        "ids": [replace(one, customer_id=rng.choice(churned), closure_code=None) for one in first],
    }
    return _in_parts(changed, COLUMNS)


def _output(hidden: Sequence[Customer]) -> Given:
    """Ids that a reader may take for something else, some of them twice, and an older file where the output goes."""
    ids = [name for name in _ODD_IDS for _ in range(2)] + list(_ODD_IDS) + [f"{n:04}" for n in range(200)]
    older = b"customer_id,probability,label\n" + b"old,0.5,1\n" * 5_000
    rows = [replace(one, customer_id=name) for one, name in zip(hidden, ids, strict=False)]
    return Given(rows, existing=older)


def _spellings(hidden: Sequence[Customer]) -> Given:
    """A BOM, CRLF, quotes around every field, and integers as 5.0."""
    spelling = Spelling(bom=True, crlf=True, quoted=True, whole_as_float=True)
    return Given(hidden[:_SPELLED], spelling=spelling, indexes=range(_SPELLED))


def _columns(hidden: Sequence[Customer], rng: random.Random) -> Given:
    """Another order, other columns, and no column of what is null everywhere."""
    absent = rng.sample(NULLABLE, 2)
    known = [index for index, one in enumerate(hidden) if all(one.features[name] is None for name in absent)]
    indexes = known[:300]
    names = ["customer_id", "a note", *(name for name in NAMES if name not in absent), "score"]
    rng.shuffle(names)
    return Given([hidden[index] for index in indexes], names, indexes=indexes)


def _invalid(hidden: Sequence[Customer], rng: random.Random) -> dict[str, Given]:
    """One invalid row among good ones."""
    cases: tuple[tuple[str, Value], ...] = (
        (rng.choice(("plan", "monthly_fee", "autopay", "payment_method")), None),
        ("signup_date", rng.choice(("2023-02-29", "2024-04-31", "2021-11-31"))),
        (rng.choice(("tenure_months", "support_tickets_90d")), 2.5),
    )
    found = {}
    for what, (name, value) in zip(INVALID, cases, strict=True):
        rows = [*hidden[:60]]
        rows[41] = _with(rows[41], **{name: value})
        found[what] = Given(rows, flaw=f"{what} ({name})")
    return found


def _with(one: Customer, **values: Value) -> Customer:
    return replace(one, features={**one.features, **values})


def _raised(one: Customer, name: str, most: int) -> Customer:
    value = one.features[name]
    assert isinstance(value, int)
    return _with(one, **{name: min(2 * value + 4, most)})
