"""Compares what a submission wrote with what was expected. Every difference names the output and the rule behind it."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from generator.expected import Clean, Expected
from generator.faults import RULE_OF_REASON
from generator.model import CLEANED_COLUMNS
from hostile import Unreadable, open_database, read_bytes, read_csv, read_json, read_text, rows_of
from png import NotAnImage, looks_of

NAMES = (
    "cleaned.csv",
    "rejects.csv",
    "answers.json",
    "warehouse.sqlite",
    "plots/monthly_revenue.png",
    "plots/monthly_revenue.csv",
    "plots/return_rate.png",
    "plots/return_rate.csv",
    "report.md",
)
HEADINGS = ("Summary", "Data quality", "Findings", "Assumptions", "Limitations")

# What a wrong cell says about the rules, if nothing was done to the cell that is in the log.
RULE_OF_COLUMN = {
    "order_id": "R4",
    "customer_id": "R4",
    "product_id": "R4",
    "region": "R5",
    "ordered_at": "R6",
    "quantity": "R7",
    "unit_price": "R8",
    "currency": "R9",
    "discount_pct": "R10",
    "exported_at": "R6",
    "net_revenue_usd": "R16",
}
# An alternative text may hold brackets of its own, in pairs or escaped, and go on in the next line.
_IMAGE = re.compile(r"!\[(?:\\.|[^\[\]\\]|\[[^\[\]]*\])*\]\(\s*<?$|<img[^>]*src=[\"']?$")
# How far before its path the beginning of an image may stand.
_REACH = 400
_MENTIONS = 100
_NUMBERS = ("quantity", "unit_price", "discount_pct", "net_revenue_usd")


@dataclass(frozen=True)
class Difference:
    """Something that is not as it should be. `rule` is a rule of the brief, or the name of a question or an output."""

    output: str
    rule: str
    place: str
    expected: object = None
    observed: object = None

    def __str__(self) -> str:
        text = f"{self.rule:>5}  {self.output}: {self.place}"
        if self.expected is not None or self.observed is not None:
            text += f": expected {self.expected!r}, found {self.observed!r}"
        return text


class Answers(Protocol):
    """What answers, plots and report are compared with: the expected results, or what follows from an output."""

    @property
    def answers(self) -> dict[str, Any]: ...

    @property
    def headlines(self) -> dict[str, list[str]]: ...


def compare_all(folder: Path, expected: Expected) -> Iterator[Difference]:
    yield from compare_answers(folder, expected)
    yield from compare_cleaned(folder, expected)
    yield from compare_rejects(folder, expected)
    yield from compare_warehouse(folder, expected)
    yield from compare_plots(folder, expected)
    yield from compare_report(folder, expected)


def compare_answers(folder: Path, expected: Answers) -> Iterator[Difference]:
    name = "answers.json"
    try:
        observed = read_json(folder / name)
    except Unreadable as error:
        yield Difference(name, name, f"cannot be read: {error}")
        return
    for question, wanted in expected.answers.items():
        found = observed.get(question)
        if question == "meta":
            yield from _compare_members(name, question, question, wanted, found)
        elif not isinstance(found, list) or len(found) != len(wanted):
            size = len(found) if isinstance(found, list) else found
            yield Difference(name, question, "number of entries", len(wanted), size)
        else:
            for number, (entry, other) in enumerate(zip(wanted, found, strict=True)):
                yield from _compare_members(name, question, f"{question}[{number}]", entry, other)


def compare_cleaned(folder: Path, expected: Expected) -> Iterator[Difference]:
    name = "cleaned.csv"
    try:
        header, rows = read_csv(folder / name)
    except Unreadable as error:
        yield Difference(name, name, f"cannot be read: {error}")
        return
    if header != list(CLEANED_COLUMNS):
        yield Difference(name, name, "header", ",".join(CLEANED_COLUMNS), ",".join(header))
        return
    ids = [row[0] for row in rows]
    # Texts compare by code points, which is the order of their UTF-8 bytes.
    if ids != sorted(ids):
        yield Difference(name, "R18", "the rows are not sorted by order_id")
    if b"\r" in read_bytes(folder / name):
        yield Difference(name, name, "the lines do not end with LF")
    yield from _compare_rows(
        name, {row[0]: row for row in rows}, len(rows), expected, Clean.cells, _written_alike
    )


def read_cleaned(folder: Path) -> list[tuple[str, ...]]:
    """The rows of `cleaned.csv`. Raises `Unreadable` if it cannot be read."""
    header, rows = read_csv(folder / "cleaned.csv")
    if header != list(CLEANED_COLUMNS):
        raise Unreadable("the header is another one")
    return rows


def compare_rejects(folder: Path, expected: Expected) -> Iterator[Difference]:
    name = "rejects.csv"
    try:
        header, rows = read_csv(folder / name)
        found = [(file, int(line), reason) for file, line, reason in rows]
    except ValueError as error:
        yield Difference(name, name, f"cannot be read: {error}")
        return
    if header != ["source_file", "line", "reason"]:
        yield Difference(name, name, "header", "source_file,line,reason", ",".join(header))
        return
    if found != sorted(found, key=lambda row: row[:2]):
        yield Difference(name, "R18", "the rows are not sorted by file and line")
    wanted = {(file, line): reason for file, line, reason in expected.rejects}
    observed = {(file, line): reason for file, line, reason in found}
    if len(observed) != len(found):
        yield Difference(name, "R14", "a row is listed twice")
    for place in sorted(wanted.keys() | observed.keys()):
        reason, other = wanted.get(place), observed.get(place)
        if reason != other:
            rule = RULE_OF_REASON.get(reason or other or "", "R14")
            yield Difference(name, rule, f"{place[0]} line {place[1]}", reason, other)


def compare_warehouse(folder: Path, expected: Expected) -> Iterator[Difference]:
    name = "warehouse.sqlite"
    try:
        with open_database(folder / name) as connection:
            columns = rows_of(connection, "PRAGMA table_info(orders_clean)")
            rows = rows_of(connection, f"SELECT {', '.join(CLEANED_COLUMNS)} FROM orders_clean")
    except Unreadable as error:
        yield Difference(name, name, f"cannot be read: {error}")
        return
    # Their order is nobody's business.
    if sorted(column[1] for column in columns) != sorted(CLEANED_COLUMNS):
        yield Difference(name, name, "columns", CLEANED_COLUMNS, [column[1] for column in columns])
    if [column[1] for column in columns if column[5]] != ["order_id"]:
        yield Difference(
            name, name, "primary key", ["order_id"], [column[1] for column in columns if column[5]]
        )
    table = {str(row[0]): row for row in rows}
    yield from _compare_rows(name, table, len(rows), expected, Clean.values, _stored_alike)


def compare_plots(folder: Path, expected: Answers) -> Iterator[Difference]:
    for question, stem in (("q1", "monthly_revenue"), ("q3", "return_rate")):
        name = f"plots/{stem}.png"
        try:
            image = looks_of(read_bytes(folder / name))
        except (Unreadable, NotAnImage) as error:
            yield Difference(name, name, f"cannot be read: {error}")
        else:
            if image.width < 400 or image.height < 300:
                yield Difference(name, name, "size", "400x300", f"{image.width}x{image.height}")
            # Of nothing there may be nothing to draw.
            if expected.answers[question] and image.colours < 2:
                yield Difference(name, name, "is blank")
        name = f"plots/{stem}.csv"
        try:
            header, rows = read_csv(folder / name)
        except Unreadable as error:
            yield Difference(name, name, f"cannot be read: {error}")
            continue
        entries = expected.answers[question]
        keys = list(entries[0]) if entries else []
        points = [dict(zip(header, row, strict=False)) for row in rows]
        # They are plotted in any order.
        wanted = sorted([str(entry.get(key, "")) for key in keys] for entry in entries)
        if sorted([point.get(key, "") for key in keys] for point in points) != wanted:
            yield Difference(name, name, "the points are not those of the answers", len(wanted), len(rows))


def compare_report(folder: Path, expected: Answers) -> Iterator[Difference]:
    name = "report.md"
    try:
        text = read_text(folder / name)
    except Unreadable as error:
        yield Difference(name, name, f"cannot be read: {error}")
        return
    headings = headings_of(text)
    for heading in HEADINGS:
        if heading.casefold() not in headings:
            yield Difference(name, name, "heading", heading, None)
    for plot in ("plots/monthly_revenue.png", "plots/return_rate.png"):
        if not embeds(text, plot):
            yield Difference(name, name, "does not embed", plot, None)
    in_one_line = " ".join(text.split())
    for question, words in expected.headlines.items():
        for word in words:
            if not names(in_one_line, " ".join(word.split())):
                yield Difference(name, f"{name} {question}", "does not name", word, None)


def headings_of(text: str) -> set[str]:
    """The headings of a Markdown text, in lower case, without numbers before and colons behind them."""
    found = []
    above = ""
    for line in text.splitlines():
        bare = line.strip(" \t")
        level = len(line) - len(line.lstrip("#"))
        if 1 <= level <= 6 and line[level : level + 1] in (" ", "\t"):
            found.append(line[level:].strip(" \t").rstrip("#").rstrip(" \t"))
        elif bare and above and (set(bare) == {"="} or set(bare) == {"-"}):
            found.append(above)
        above = bare
    plain = (re.sub(r"[*_]", "", heading[:200]) for heading in found)
    return {re.sub(r"^[\d.)]+\s+|:$", "", heading).casefold() for heading in plain}


def embeds(text: str, plot: str) -> bool:
    """Whether a Markdown text embeds the image, as Markdown or as HTML."""
    for found in islice(re.finditer(re.escape(plot), text), _MENTIONS):
        before = text[max(0, found.start() - _REACH) : found.start()].removesuffix("./")
        if _IMAGE.search(before):
            return True
    return False


def names(text: str, word: str) -> bool:
    """Whether a text holds a word or a figure that is not part of a longer one."""
    if re.fullmatch(r"-?[0-9.]+", word):
        # A currency or the underscore of italics may stand before it, but neither digits nor a sign.
        return re.search(rf"(?<![0-9.,-]){re.escape(word)}(?![0-9]|[.,][0-9])", text) is not None
    return word in text or json.dumps(word, ensure_ascii=False)[1:-1] in text


def parse_place(difference: Difference) -> tuple[str, str, bool]:
    """The order of a difference in cleaned rows, its column, and whether the whole row is missing; else empty."""
    if not difference.place.startswith("order "):
        return "", "", False
    order_id, comma, column = difference.place.removeprefix("order ").rpartition(", ")
    if comma and column in RULE_OF_COLUMN:
        return order_id, column, False
    text = difference.place.removeprefix("order ")
    return (
        text.removesuffix(" is missing").removesuffix(" does not belong there"),
        "",
        text.endswith("missing"),
    )


def _compare_members(
    output: str, rule: str, place: str, wanted: dict[str, Any], found: object
) -> Iterator[Difference]:
    if not isinstance(found, dict):
        yield Difference(output, rule, place, wanted, found)
        return
    for key, value in wanted.items():
        other = found.get(key)
        if type(other) is not type(value) or other != value:
            yield Difference(output, rule, f"{place}.{key}", value, other)


def _compare_rows(
    output: str,
    table: dict[str, tuple[Any, ...]],
    size: int,
    expected: Expected,
    usual: Callable[[Clean], tuple[object, ...]],
    alike: Callable[[str, str, Any], bool],
) -> Iterator[Difference]:
    """Rows that are the `usual` ones are right. Of others, `alike` tells whether a cell is the text of its column."""
    if len(table) != size:
        yield Difference(output, "R15", "an order stands there twice", len(table), size)
    for order_id, clean in expected.clean.items():
        row = table.pop(order_id, None)
        if row is None:
            yield Difference(output, "R15", f"order {order_id} is missing")
            continue
        # Whole rows first: half a million are compared so, and of one cell after the other that is most of the time.
        if row == usual(clean):
            continue
        wanted = clean.cells()
        if len(row) != len(wanted):
            yield Difference(output, output, f"order {order_id}", len(wanted), len(row))
            continue
        for column, value, cell in zip(CLEANED_COLUMNS, wanted, row, strict=True):
            # Most cells are their text.
            if (cell != value or not value) and not alike(column, value, cell):
                rule = _rule_of(expected, order_id, column)
                yield Difference(output, rule, f"order {order_id}, {column}", value, cell)
    for order_id in table:
        yield Difference(output, "R14", f"order {order_id} does not belong there")


def _rule_of(expected: Expected, order_id: str, column: str) -> str:
    rules = [dressing.rule for dressing in expected.dressings(order_id) if dressing.column == column]
    # The first dressing is the more specific one; white space around it comes last.
    return rules[0] if rules else RULE_OF_COLUMN[column]


def _written_alike(_column: str, wanted: str, cell: object) -> bool:
    return cell == wanted


def _stored_alike(column: str, wanted: str, cell: object) -> bool:
    """Whether SQLite holds the value: null as NULL, numbers as numbers or text of the same value."""
    if wanted == "" or cell is None:
        return wanted == "" and cell is None
    if column not in _NUMBERS:
        return cell == wanted
    try:
        # A REAL is as near as it can be, which is enough.
        return cell == float(wanted) if isinstance(cell, float) else Decimal(str(cell)) == Decimal(wanted)
    except InvalidOperation:
        return False
