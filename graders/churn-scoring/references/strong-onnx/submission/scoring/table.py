"""csv in and out."""

from __future__ import annotations

import csv
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from scoring.customer import TYPES, Customer

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")


class TableError(Exception):
    """A table that cannot be used, and why."""


def read(path: Path, *needed: str) -> tuple[list[dict[str, str]], list[Customer]]:
    """The records as text, and the customers in them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, restkey="", restval=None, strict=True)
        try:
            records = list(reader)
        except (csv.Error, UnicodeDecodeError) as error:
            raise TableError(f"{path}: {error}") from None
        names = reader.fieldnames or []
    absent = [name for name in (*needed, *TYPES) if name not in names and not _nullable(name)]
    if absent:
        raise TableError(f"{path}: no column {', '.join(absent)}")
    customers = []
    for number, record in enumerate(records):
        if "" in record or None in record.values():
            raise TableError(f"{path}: record {number} has not as many fields as the header")
        try:
            customers.append(Customer.model_validate(_meant(record)))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise TableError(f"{path}: record {number}: {first['loc']}: {first['msg']}") from None
    return records, customers


def _nullable(name: str) -> bool:
    field = Customer.model_fields.get(name)
    return field is not None and not field.is_required()


def _meant(record: dict[str, str]) -> dict[str, Any]:
    """What the cells stand for; a cell that stands for nothing of its type stays text, which the model refuses."""
    found: dict[str, Any] = {}
    for name, kind in TYPES.items():
        text = record.get(name, "")
        found[name] = text
        if text == "":
            found[name] = None
        elif kind in ("number", "integer"):
            found[name] = float(text) if _NUMBER.fullmatch(text) else text
        elif kind == "boolean":
            found[name] = {"true": True, "false": False}.get(text, text)
    return found


def write(path: Path, rows: Iterable[tuple[str, float, int]]) -> None:
    """The complete file, or none."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".preds-")
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["customer_id", "probability", "label"])
            writer.writerows([name, f"{probability:.10f}", label] for name, probability, label in rows)
        os.chmod(draft, 0o644)
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
