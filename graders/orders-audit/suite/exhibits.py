"""What the report shows beside the checks: rules and rows, wrong cells, growth, and the submission's own plots and words.

None of it decides anything. What a submission wrote is read within bounds and shown as text; its plots are decoded and
written anew.
"""

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from checks import Bench, Result, Timed
from generator.layout import Part
from generator.model import CLEANED_COLUMNS
from outputs import Difference, parse_place
from png import Image as Decoded
from png import NotAnImage, read_png
from ruletable import rule_table
from takehome_suite.exhibits import Axis, Cell, Exhibit, Image, Line, Place, Series, Table, Text
from takehome_suite.picture import Picture

WRONG_SHOWN = 12
_REPORT_BYTES = 64 * 1024
_PLOT_BYTES = 16 * 1024 * 1024
_PIXELS = 8_000_000
_PLOTS = {"plots/monthly_revenue.png": "Revenue by month", "plots/return_rate.png": "Return rate by region"}
# What the time of a run may be off by: so much, or this share of the start-up.
_NOISE_SECONDS = 0.05
_NOISE_SHARE = 0.1


def of_the_run(bench: Bench) -> Iterable[tuple[Place, Exhibit]]:
    """What a run shows when all checks have ended."""
    results = bench.results()
    plain = bench.plain()
    if plain is not None:
        yield "glance", _words(plain.output)
    if results:
        yield "glance", rule_table(results, bench.failed)
    if bench.growth:
        yield "run", growth(bench.growth)
    if plain is not None:
        for name, title in _PLOTS.items():
            yield "run", plot(plain.output, name, title)


def wrong_cells(found: Sequence[tuple[Difference, Result | None]]) -> Table:
    """The first differences of a check, each with what stood in the export, what was expected and what was written."""
    rows: list[tuple[object, ...]] = []
    for difference, result in found[:WRONG_SHOWN]:
        order_id, column, _ = parse_place(difference)
        where, given = _source(result, difference, order_id, column) if result is not None else ("", "")
        expected, observed = _beside(difference, result)
        place = f"order {order_id}" if order_id else difference.place
        output = f"{difference.output}, {column}" if column else difference.output
        told = "\n".join(part for part in (output, place, where) if part not in ("", observed))
        rows.append((told, given, expected, Cell(observed, "differs")))
    columns: tuple[str, ...] = ("Where", "In the export", "Expected", "Written")
    if not any(row[1] for row in rows):
        columns = ("Where", "Expected", "Written")
        rows = [(row[0], *row[2:]) for row in rows]
    return Table("What differs", columns, rows, more=len(found) - len(rows))


def growth(measured: Sequence[Sequence[Timed]]) -> Series:
    """Seconds against rows of all measured series, each of which goes from the fewest rows to the most."""
    names = ["this submission", "again"]
    lines = [
        Line(name, [(timed.rows, timed.seconds) for timed in series])
        for name, series in zip(names, measured, strict=False)
    ]
    first = measured[0]
    (_, start), (few, small), (many, large) = ((timed.rows, timed.seconds) for timed in first)
    ideal = [(rows, start + max(large - start, 0.0) * rows / many) for rows in _steps(100, 500_000)]
    lines.append(Line("in proportion to the rows", ideal, dashed=True))
    lines.append(
        Line("a plain pass in Python, right after", [(timed.rows, timed.plain_pass) for timed in first])
    )
    lines.append(Line("the brief's limit: 120 s for 500,000 rows", [(500_000, 120.0)], dashed=True))
    told = f"{few:,} rows took {small:.2f} s, {many:,} rows {large:.2f} s, next to nothing {start:.2f} s. "
    plain = first[-1].plain_pass
    told += f"On the same {many:,} rows one pass of Python's csv and decimal modules took {plain:.2f} s; "
    told += f"without the start-up, the submission took {max(large - start, 0.0) / plain:.1f} times as long. "
    one, other = small - start, large - start
    noise = max(_NOISE_SECONDS, _NOISE_SHARE * start)
    if one < 2 * noise or other < 4 * noise:
        told += "That is too little above the start-up to tell an exponent."
    else:
        exponent, low, high = (
            math.log((other - off) / (one + off)) / math.log(many / few) for off in (0.0, noise, -noise)
        )
        told += (
            f"Without the start-up, time grows as rows to the power of {exponent:.2f} ({low:.2f} to {high:.2f}, "
            f"if times are off by {noise:.2f} s). 1 is linear, 2 is quadratic."
        )
    return Series("Growth", Axis("rows", log=True), Axis("seconds", log=True), lines, note=told)


def plot(output: Path, name: str, title: str) -> Exhibit:
    """A plot of the submission, written anew from its pixels."""
    title = f"{title} ({name})"
    try:
        path = output / name
        if not path.is_file():
            return Text(title, "", note="The submission wrote no such plot.")
        if path.stat().st_size > _PLOT_BYTES:
            return Text(title, "", note="The plot is not shown: its file is too large.")
        image = read_png(path.read_bytes())
        if image.bytes_seen is not None or image.width * image.height > _PIXELS:
            return Text(title, "", note="The plot is not shown: it is interlaced or has too many pixels.")
        png = picture_of(image).png()
    except NotAnImage as error:
        return Text(title, "", note=f"The plot cannot be read: {error}.")
    if png is None:
        return Text(title, "", note="The plot is not shown: too much of it is noise.")
    alt = f"The plot that the submission drew as {name}, {image.width} by {image.height} pixels"
    return Image(
        title, alt, png, note="Drawn by the submission from a plain data set; only its pixels were kept."
    )


def picture_of(image: Decoded) -> Picture:
    """The pixels as planes of 8 bits."""
    if (image.depth < 8 and image.colour not in (0, 3)) or (image.depth == 16 and image.colour == 3):
        raise NotAnImage("it is of a kind that PNG does not have")
    width, height = image.width, image.height
    samples = image.pixels[::2] if image.depth == 16 else image.pixels
    if image.depth < 8:
        samples = _unpacked(image)
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[image.colour]
    planes = [samples[channel::channels] for channel in range(channels)]
    if image.colour == 3:
        tables = [image.palette[channel::3].ljust(256, b"\0")[:256] for channel in range(3)]
        return Picture(width, height, [planes[0].translate(table) for table in tables])
    if image.colour in (0, 4):
        planes = [planes[0], planes[0], *planes]
    return Picture(width, height, planes)


def _unpacked(image: Decoded) -> bytes:
    """Samples of 1, 2 or 4 bits, each in a byte; greys over the whole range."""
    depth = image.depth
    most = (1 << depth) - 1
    factor = 255 // most if image.colour == 0 else 1
    parts = [
        bytes(((byte >> shift) & most) * factor for shift in range(8 - depth, -1, -depth))
        for byte in range(256)
    ]
    stride = (image.width * depth + 7) // 8
    lines = (image.pixels[start : start + stride] for start in range(0, len(image.pixels), stride))
    return b"".join(b"".join([parts[byte] for byte in line])[: image.width] for line in lines)


def _words(output: Path) -> Text:
    title = "The candidate's report.md"
    try:
        with (output / "report.md").open("rb") as file:
            text = file.read(_REPORT_BYTES).decode("utf-8", "replace")
    except OSError:
        return Text(title, "", note="The submission wrote no report.md.")
    return Text(title, text, note="Written by the submission's run on a plain data set, shown as plain text.")


def _steps(first: int, last: int) -> list[int]:
    """Numbers from the first to the last, by equal factors."""
    return [round(first * (last / first) ** (step / 12)) for step in range(13)]


def _beside(difference: Difference, result: Result | None) -> tuple[str, str]:
    expected, observed = difference.expected, difference.observed
    order_id, _, missing = parse_place(difference)
    if missing and result is not None:
        row = next((row for row in result.data.expected.cleaned() if row[0] == order_id), ())
        return ",".join(row), "(no such row)"
    if expected is None and observed is None:
        # The place says it all.
        return ("(no row)", "a row") if order_id else ("", difference.place)
    one, other = _shown(expected), _shown(observed)
    if one == other:
        # Such as the number 5 and the text 5.
        return f"{one} ({type(expected).__name__})", f"{other} ({type(observed).__name__})"
    return one, other


def _shown(value: object) -> str:
    if value is None:
        return "(nothing)"
    if isinstance(value, str):
        # Blanks at an end would not be seen.
        return value if value == value.strip() and value else json.dumps(value, ensure_ascii=False)
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, ensure_ascii=False, default=repr)
    return str(value)


def _source(result: Result, difference: Difference, order_id: str, column: str) -> tuple[str, str]:
    """Where the row stands in the export, and what stands there: the cell if there is a column, else the record."""
    if order_id:
        clean = result.data.expected.clean.get(order_id)
        if clean is None:
            return "", ""
        file, line = clean.placed.file, clean.placed.line
    else:
        file, word, number = difference.place.rpartition(" line ")
        if difference.output != "rejects.csv" or not word or not number.isdigit():
            return "", ""
        line = int(number)
    part = next((part for part in result.data.parts if part.name == file), None)
    if part is None or line not in {placed.line for placed in part.placed}:
        # No record begins on the line that was named.
        return "", ""
    where = f"{file} line {line}" if order_id else ""
    header, record = _record(part, 1), _record(part, line)
    if not column or column not in CLEANED_COLUMNS:
        return where, ",".join(record)
    names = [name.strip() for name in header]
    if column not in names or len(record) != len(header):
        # The revenue has no cell of its own: what it is made of has.
        factors = ("ordered_at", "quantity", "unit_price", "currency", "discount_pct")
        found = dict(zip(names, record, strict=False))
        return where, "\n".join(f"{name} {_shown(found.get(name, ''))}" for name in factors)
    return where, _shown(record[names.index(column)])


def _record(part: Part, line: int) -> list[str]:
    """The record that begins on a physical line; the first one if that is empty."""
    text = part.data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "backslashreplace")
    lines = text.split("\n")[line - 1 :]
    reader = csv.reader(io.StringIO("\n".join(lines[:40]), newline=""))
    return next((record for record in reader if record), [])
