"""What a submission says about customers: read from `preds.csv` and from answers, both as hostile bytes."""

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from generator.columns import NAMES, Value
from generator.population import Customer
from takehome_suite.client import Answer
from takehome_suite.outcome import Unmet, short
from wire import strict_object

HEADER = ["customer_id", "probability", "label"]
TOLERANCE = 1e-6
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
_MOST_BYTES = 16 << 20
_LARGEST = 1e300


@dataclass(frozen=True)
class Prediction:
    """One line of an output or one element of an answer."""

    probability: float
    label: int
    customer_id: str = ""


def read_table(output: bytes | None) -> list[Prediction]:
    """`preds.csv`; raises `Unmet` where it is not what the brief says."""
    if output is None:
        raise Unmet("predict leaves no output file.", expected=",".join(HEADER), observed=None)
    if len(output) > _MOST_BYTES:
        raise Unmet(
            f"preds.csv has {len(output)} bytes.", expected=f"at most {_MOST_BYTES}", observed=len(output)
        )
    try:
        records = list(csv.reader(io.StringIO(output.decode("utf-8"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unmet(f"preds.csv cannot be read: {short(str(error), 80)}.") from None
    if not records or records[0] != HEADER:
        raise Unmet("preds.csv has another header.", expected=HEADER, observed=(records or [[]])[0][:8])
    return [_line(number, record) for number, record in enumerate(records[1:], 1)]


def _line(number: int, record: list[str]) -> Prediction:
    if len(record) != len(HEADER):
        raise Unmet(f"Line {number} of preds.csv has {len(record)} fields.", expected=3, observed=record[:8])
    name, probability, label = record
    if len(probability) > 64 or not _NUMBER.fullmatch(probability) or not 0 <= float(probability) <= 1:
        raise Unmet(
            f"Line {number} of preds.csv has no probability.", expected="0 to 1", observed=probability[:64]
        )
    if label not in ("0", "1"):
        raise Unmet(f"Line {number} of preds.csv has no label.", expected="0 or 1", observed=label[:64])
    return Prediction(float(probability), int(label), name)


def read_answer(answer: Answer, count: int) -> list[Prediction]:
    """The predictions of an answer to as many instances; raises `Unmet` where they are not what the brief says."""
    if answer.status != 200:
        raise Unmet(
            f"{count} valid instances should be answered with 200, but were answered with {answer.status}.",
            expected={"status": 200},
            observed={"status": answer.status, "body": short(answer.text)},
        )
    found = strict_object(answer).get("predictions")
    if not isinstance(found, list) or len(found) != count:
        raise Unmet(
            "The answer should have one prediction for each instance.",
            expected=count,
            observed=len(found) if isinstance(found, list) else short(found),
        )
    return [_element(number, element) for number, element in enumerate(found)]


def _element(number: int, element: Any) -> Prediction:
    probability = element.get("probability") if isinstance(element, dict) else None
    if not is_number(probability) or not 0 <= probability <= 1:
        raise Unmet(
            f"Prediction {number} has no probability.", expected="a number 0 to 1", observed=short(element)
        )
    label = element.get("label")
    if type(label) is not int or label not in (0, 1):
        raise Unmet(
            f"Prediction {number} has no label.", expected="the integer 0 or 1", observed=short(element)
        )
    return Prediction(float(probability), label)


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a JSON value is a finite number that a double can hold."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST


def instance(customer: Customer, **other: Value) -> dict[str, Value]:
    """The features of a customer as they stand in a request, with other values for some."""
    return {**{name: customer.features[name] for name in NAMES}, **other}


def request(instances: Sequence[Any], **members: Any) -> bytes:
    """The body of a request."""
    return json.dumps({**members, "instances": list(instances)}).encode()


@dataclass(frozen=True)
class Gap:
    """The largest difference between probabilities that should be the same, and where it is."""

    largest: float
    index: int
    one: float
    other: float
    count: int
    over: int

    def __str__(self) -> str:
        return f"{self.over} of {self.count} differ, by up to {self.largest:.3g} (row {self.index}: {self.one!r} and {self.other!r})"


def gap(one: Iterable[float], other: Iterable[float]) -> Gap:
    """Compares probabilities pair by pair."""
    pairs = list(zip(one, other, strict=True))
    sizes = [abs(a - b) for a, b in pairs]
    index = max(range(len(sizes)), key=sizes.__getitem__)
    over = sum(size > TOLERANCE for size in sizes)
    return Gap(sizes[index], index, *pairs[index], len(pairs), over)
