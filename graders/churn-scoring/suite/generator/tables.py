"""Rows as csv, in every spelling that the brief promises."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from generator.columns import Value

if TYPE_CHECKING:
    from generator.population import Customer


@dataclass(frozen=True)
class Spelling:
    """How a table is written. `quoted` puts quotes around every field that is not empty."""

    bom: bool = False
    crlf: bool = False
    quoted: bool = False
    whole_as_float: bool = False


PLAIN = Spelling()


def table(customers: Iterable["Customer"], names: Sequence[str], spelling: Spelling = PLAIN) -> bytes:
    """The columns of these names; one that is no column of the customers is filled with text."""
    return write([names, *([_cell(one, name) for name in names] for one in customers)], spelling)


def write(records: Iterable[Sequence[Value]], spelling: Spelling = PLAIN) -> bytes:
    """Records as RFC 4180."""
    end = "\r\n" if spelling.crlf else "\n"
    text = "".join(",".join(_text(cell, spelling) for cell in record) + end for record in records)
    return (b"\xef\xbb\xbf" if spelling.bom else b"") + text.encode("utf-8")


def _cell(customer: "Customer", name: str) -> Value:
    if name == "customer_id":
        return customer.customer_id
    if name == "closure_code":
        return customer.closure_code
    if name == "churned":
        return customer.label
    return customer.features.get(name, 'a note, with "quotes"')


def _text(value: Value, spelling: Spelling) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, int) and spelling.whole_as_float:
        text = f"{value}.0"
    else:
        text = str(value)
    if spelling.quoted or any(char in text for char in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
