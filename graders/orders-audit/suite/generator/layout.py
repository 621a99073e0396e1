"""From rows to the bytes of the parts: order, files, columns, quoting, line ends. Knows on which line each record starts."""

from dataclasses import dataclass, field
from random import Random

from generator.model import COLUMNS, Dressing, Placed, Row
from generator.profiles import Profile
from generator.spelling import Speller

# Never valid, wherever they stand at the start or the end of a field.
_BAD_BYTES = (
    b"\xff",
    b"\xe9",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xc0\xaf",
    b"\xf5\x80\x80\x80",
    b"\xe2\x82",
    b"\x80",
)
_FOOTERS = ("-- end of export --", "Total rows: 300", "(truncated)")
_EXTRAS = ("channel", "notes", "warehouse code", "source", "campaign", "")
_NAMES = {
    "light": ("orders_{n:02d}.csv", "orders-part{n}.csv", "orders_2024-{n:02d}.csv"),
    "wild": (
        "orders{n}.csv",
        "orders-{n}.csv",
        "orders ({n}).csv",
        "ordersÜ{n}.csv",
        "orders.{n}.csv",
        "orders_{n}0.csv",
    ),
}


@dataclass(frozen=True)
class PartStyle:
    """How one file is written."""

    columns: tuple[str, ...]
    header: str
    line_end: str
    mixed_ends: bool
    byte_order_mark: bool
    quoting: float
    blank_lines: float
    final_line_end: bool


@dataclass
class Part:
    name: str
    data: bytes = b""
    records: int = 0
    placed: list[Placed] = field(default_factory=list)


@dataclass
class Layout:
    """The parts, and for each row the log of its spelling by number, if it was asked for."""

    parts: list[Part]
    log: dict[int, list[Dressing]]


def lay_out(
    profile: Profile, seed: int, rows: list[Row], arrangement: int, count: int | None, keep_log: bool
) -> Layout:
    """Shuffles the rows into parts. Another `arrangement` is the same rows, spelled alike, in other places."""
    rng = Random(f"layout/{profile.name}/{seed}/{arrangement}")
    one = "R17" not in profile.rules
    number = count or (1 if one else rng.randint(*profile.parts))
    names = _names(profile, rng, number)
    shares = [0.2 + rng.random() for _ in names]
    if profile.name in ("edge", "format") and number > 1:
        shares[rng.randrange(number)] = 0.0
    order = list(range(len(rows)))
    rng.shuffle(order)
    files: list[list[Row]] = [[] for _ in names]
    for position, file in zip(order, rng.choices(range(number), shares, k=len(order)), strict=True):
        files[file].append(rows[position])
    speller = Speller(profile, seed)
    log: dict[int, list[Dressing]] = {}
    parts = []
    for name, content in zip(names, files, strict=True):
        style = _style(profile, rng)
        wild = "R1" in profile.rules
        part = _Writer(name, style, speller, wild, log if keep_log else None).write(content, rng)
        parts.append(part)
    return Layout(parts, log)


def _names(profile: Profile, rng: Random, count: int) -> list[str]:
    if count == 1:
        return ["orders.csv"]
    shape = _NAMES["wild" if profile.layout == "wild" else "light"]
    if profile.layout == "wild":
        # Part 10 stands before part 2, bytewise.
        numbers = rng.sample(range(1, 13), count)
        return [rng.choice(shape).format(n=number) for number in numbers]
    chosen = rng.choice(shape)
    return [chosen.format(n=number) for number in range(1, count + 1)]


def _style(profile: Profile, rng: Random) -> PartStyle:
    if "R1" not in profile.rules:
        # An unknown column, for bytes that are not UTF-8 where nobody needs them.
        plain = (*COLUMNS, "notes") if "R14" in profile.rules else COLUMNS
        return PartStyle(plain, ",".join(plain), "\n", False, False, 0.0, 0.0, True)
    wild = profile.layout == "wild"
    columns = list(COLUMNS)
    if rng.random() < (0.8 if wild else 0.4):
        rng.shuffle(columns)
    if rng.random() < (0.7 if wild else 0.4):
        for extra in rng.sample(_EXTRAS[: 6 if wild else 4], rng.randint(1, 2)):
            columns.insert(rng.randint(0, len(columns)), extra)
    names = []
    for column in columns:
        text = column
        if wild and rng.random() < 0.15:
            text = rng.choice((" ", "\t", "")) + text + " "
        if wild and rng.random() < 0.25:
            text = f'"{text}"'
        names.append(text)
    return PartStyle(
        columns=tuple(columns),
        header=",".join(names),
        line_end="\r\n" if rng.random() < 0.4 else "\n",
        mixed_ends=wild and rng.random() < 0.25,
        byte_order_mark=rng.random() < 0.4,
        quoting=rng.choice((0.0, 0.3, 1.0)) if wild else rng.choice((0.0, 0.0, 0.05)),
        blank_lines=rng.choice((0.0, 0.05)) if wild else 0.0,
        final_line_end=rng.random() < (0.6 if wild else 0.9),
    )


class _Writer:
    """Writes one part and counts its physical lines."""

    def __init__(
        self,
        name: str,
        style: PartStyle,
        speller: Speller,
        wild: bool,
        log: dict[int, list[Dressing]] | None,
    ) -> None:
        self._wild = wild
        self._style = style
        self._speller = speller
        self._log = log
        self._part = Part(name)
        self._chunks: list[bytes] = []
        self._line = 1
        self._order = [COLUMNS.index(column) if column in COLUMNS else -1 for column in style.columns]
        self._extras = [column for column in style.columns if column not in COLUMNS]

    def write(self, rows: list[Row], rng: Random) -> Part:
        style, part = self._style, self._part
        if style.byte_order_mark:
            self._chunks.append(b"\xef\xbb\xbf")
        elif style.blank_lines and rng.random() < 0.5:
            self._end_line(rng)
        self._append(style.header.encode(), rng)
        for row in rows:
            if style.blank_lines and rng.random() < style.blank_lines:
                self._end_line(rng)
            part.placed.append(Placed(row, part.name, self._line))
            self._append(self._record(row), rng)
        part.data = b"".join(self._chunks)
        if not style.final_line_end:
            part.data = part.data.removesuffix(b"\n").removesuffix(b"\r")
        part.records = len(rows)
        return part

    def _append(self, record: bytes, rng: Random) -> None:
        self._chunks.append(record)
        self._line += record.count(b"\n")
        self._end_line(rng)

    def _end_line(self, rng: Random) -> None:
        end = self._style.line_end
        if self._style.mixed_ends:
            end = rng.choice(("\n", "\r\n"))
        self._chunks.append(end.encode())
        self._line += 1

    def _record(self, row: Row) -> bytes:
        rng = self._speller.random_of(row)
        cells, dressings = self._speller.spell(row, rng)
        if self._log is not None:
            self._log[row.number] = dressings
        extras = iter([_extra(rng, self._wild) for _ in self._extras]) if self._extras else None
        laid = [cells[place] if place >= 0 or extras is None else next(extras) for place in self._order]
        damage = next((fault.text for fault in row.faults if fault.reason == "unparsable"), None)
        if damage == "footer":
            return rng.choice(_FOOTERS).encode()
        if damage == "short":
            laid = laid[: -rng.randint(1, 3)]
        elif damage == "long":
            laid = laid + ["x"] * rng.randint(1, 2)
        if damage == "bytes":
            return self._broken(laid, rng)
        quoting = self._style.quoting
        if not quoting:
            text = ",".join(laid)
            # The usual case: nothing in the record needs quotes.
            if text.count(",") == len(laid) - 1 and '"' not in text and "\n" not in text:
                return text.encode()
        return ",".join([_quoted(cell, quoting, rng) for cell in laid]).encode()

    def _broken(self, laid: list[str], rng: Random) -> bytes:
        """The record with a byte sequence that is not UTF-8 in one field, of whatever column."""
        fields = [_quoted(cell, self._style.quoting, rng).encode() for cell in laid]
        position = rng.randrange(len(fields))
        bad = rng.choice(_BAD_BYTES)
        text = fields[position]
        if text.startswith(b'"'):
            fields[position] = b'"' + bad + text[1:] if rng.random() < 0.5 else text[:-1] + bad + b'"'
        else:
            fields[position] = bad + text if rng.random() < 0.5 else text + bad
        return b",".join(fields)


def _quoted(text: str, share: float, rng: Random) -> str:
    needs = "," in text or '"' in text or "\n" in text or "\r" in text
    if not needs and (not share or rng.random() >= share):
        return text
    escaped = text.replace('"', '""')
    return f'"{escaped}"'


def _extra(rng: Random, wild: bool) -> str:
    if not wild:
        return rng.choice(("web", "store"))
    return rng.choice(("", "web", "store", "see, note", 'said "yes"', "two\nlines", "n/a", "42", "tüb"))
