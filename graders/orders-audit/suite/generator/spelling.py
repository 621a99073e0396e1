"""How a value is spelled in a csv field: every text made here means its value by the rules R2 to R10.

The plain spelling is the one of `cleaned.csv`. A rule that the data set does not exercise is spelled plainly.
"""

from datetime import datetime, timedelta
from random import Random

from generator.model import COLUMNS, Dressing, Row
from generator.profiles import Profile

NULLS = ("", "", "NA", "na", "N/A", "n/a", "null", "NULL", "Null", "none", "None", "-", "?", "nA")
_BLANKS = (" ", "  ", "\t", " \t ")
_BREAKS = ("\n", "\r\n", " \n ", "\n\n")
_OFFSETS = (
    "+00:00",
    "+01:00",
    "+02:00",
    "-05:00",
    "-08:00",
    "+05:30",
    "+05:45",
    "-03:30",
    "+12:45",
    "+14:00",
    "-12:00",
    "-14:00",
)


class Speller:
    """Spells rows. What a row looks like depends on the data set's seed and the row's number, not on where it stands."""

    def __init__(self, profile: Profile, seed: int) -> None:
        self._profile = profile
        self._rules = profile.rules
        self._line_breaks = profile.line_breaks and "R1" in profile.rules
        self._seed = (seed * 1_000_003) & 0xFFFFFFFFFFFF
        self._rng = Random()

    def random_of(self, row: Row) -> Random:
        """The generator of a row, at its start. There is one, so it is used before the next row's."""
        self._rng.seed((self._seed << 32) + row.number)
        return self._rng

    def spell(self, row: Row, rng: Random) -> tuple[list[str], list[Dressing]]:
        """The ten cells in the order of `COLUMNS`, and how they were dressed."""
        log: list[Dressing] = []
        version = row.version
        cells = [
            self._id(version.order_id, "order_id", rng, log),
            self._optional_id(version.customer_id, rng, log),
            self._id(version.product_id, "product_id", rng, log),
            self._region(version.region, rng, log),
            self._time(version.ordered_at, "ordered_at", rng, log),
            self._quantity(version.quantity, rng, log),
            self._price(version.price_cents, version.currency, rng, log),
            self._currency(version.currency, rng, log),
            self._discount(version.discount, rng, log),
            self._time(version.exported_at, "exported_at", rng, log),
        ]
        for fault in row.faults:
            if not fault.column:
                continue
            if fault.text is not None:
                cells[COLUMNS.index(fault.column)] = fault.text
            elif fault.reason == "missing_field":
                cells[COLUMNS.index(fault.column)] = self.null(rng)
        if "R2" in self._rules:
            share = self._profile.dressed * 0.3
            for position, column in enumerate(COLUMNS):
                if rng.random() < share:
                    cells[position] = self._padded(cells[position], column, rng, log)
        return cells, log

    def null(self, rng: Random) -> str:
        return rng.choice(NULLS) if "R3" in self._rules else ""

    def _dresses(self, rule: str, rng: Random) -> bool:
        return rule in self._rules and rng.random() < self._profile.dressed

    def _padded(self, text: str, column: str, rng: Random, log: list[Dressing]) -> str:
        if self._line_breaks and rng.random() < 0.15:
            log.append(Dressing(column, "padded-with-line-breaks", "R2"))
            return rng.choice(_BREAKS) + text + rng.choice(("", *_BREAKS))
        log.append(Dressing(column, "padded", "R2"))
        before, after = rng.choice(_BLANKS), rng.choice(_BLANKS)
        return rng.choice((before + text, text + after, before + text + after))

    def _id(self, value: str, column: str, rng: Random, log: list[Dressing]) -> str:
        if not self._dresses("R4", rng):
            return value
        text = value.lower() if rng.random() < 0.7 else value.swapcase()
        if text != value:
            log.append(Dressing(column, "lower-case-id", "R4"))
        return text

    def _optional_id(self, value: str | None, rng: Random, log: list[Dressing]) -> str:
        if value is None:
            log.append(Dressing("customer_id", "null", "R3"))
            return self.null(rng)
        return self._id(value, "customer_id", rng, log)

    def _region(self, value: str | None, rng: Random, log: list[Dressing]) -> str:
        if value is None:
            log.append(Dressing("region", "null", "R3"))
            return self.null(rng)
        if not self._dresses("R5", rng):
            return value
        log.append(Dressing("region", "case-and-space", "R5"))
        cased = rng.choice((str.lower, str.upper, str.swapcase))
        gaps = (" ", "  ", "\t", " \t ") + (_BREAKS if self._line_breaks else ())
        words = value.split(" ")
        text = cased(words[0])
        for word in words[1:]:
            text += rng.choice(gaps) + cased(word)
        return text

    def _time(self, value: datetime, column: str, rng: Random, log: list[Dressing]) -> str:
        if not self._dresses("R6", rng):
            return value.isoformat() + "Z"
        kinds = ["iso-seconds", "iso-t", "offset", "offset", "day-first-seconds"]
        if not value.second:
            kinds += ["iso-minutes", "day-first-minutes", "day-first-minutes"]
            if not value.hour and not value.minute:
                kinds += ["iso-day", "iso-day", "day-first", "day-first", "day-first"]
        kind = rng.choice(kinds)
        log.append(Dressing(column, kind, "R6"))
        if kind == "offset":
            offset = rng.choice(_OFFSETS)
            shift = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:]))
            local = value - shift if offset[0] == "-" else value + shift
            return local.isoformat() + offset
        iso = value.isoformat()
        day, clock = iso[:10], iso[11:]
        if kind.startswith("day-first"):
            day = f"{day[8:]}/{day[5:7]}/{day[:4]}"
        if kind in ("iso-day", "day-first"):
            return day
        if kind.endswith("minutes"):
            clock = clock[:5]
        return f"{day}T{clock}" if kind == "iso-t" else f"{day} {clock}"

    def _quantity(self, value: int, rng: Random, log: list[Dressing]) -> str:
        if not self._dresses("R7", rng):
            return str(value)
        if rng.random() < 0.7:
            log.append(Dressing("quantity", "zero-places", "R7"))
            return f"{value}{rng.choice(('.0', '.0', '.00'))}"
        log.append(Dressing("quantity", "leading-zeros", "R7"))
        return f"{'-' if value < 0 else ''}{rng.choice(('0', '00'))}{abs(value)}"

    def _price(self, cents: int, currency: str, rng: Random, log: list[Dressing]) -> str:
        if not self._dresses("R8", rng):
            return f"{cents // 100}.{cents % 100:02d}"
        whole, places = divmod(cents, 100)
        digits = str(whole)
        decimal = rng.choice(".,")
        kinds = ["decimal-separator"]
        if places % 10 == 0:
            kinds.append("one-place")
        if places == 0:
            kinds += ["no-places", "no-places"]
        if whole >= 1000:
            kinds += ["thousands", "thousands", "odd-groups"]
            if places == 0:
                kinds += ["thousands-only", "thousands-only"]
        kind = rng.choice(kinds)
        log.append(Dressing("unit_price", kind, "R8"))
        if kind == "decimal-separator":
            text = f"{digits}{decimal}{places:02d}"
        elif kind == "one-place":
            text = f"{digits}{decimal}{places // 10}"
        elif kind == "no-places":
            text = digits
        elif kind == "thousands":
            text = f"{_grouped(digits, '.' if decimal == ',' else ',')}{decimal}{places:02d}"
        elif kind == "thousands-only":
            text = _grouped(digits, decimal)
        else:
            cut = rng.randint(1, len(digits) - 1)
            text = f"{digits[:cut]}{rng.choice('.,')}{digits[cut:]}{decimal}{places:02d}"
        if rng.random() < 0.3:
            text = {"USD": "$", "EUR": "€", "GBP": "£"}.get(currency, "") + text
        return text

    def _currency(self, value: str, rng: Random, log: list[Dressing]) -> str:
        if not self._dresses("R9", rng):
            return value
        log.append(Dressing("currency", "lower-case", "R9"))
        return value.lower() if rng.random() < 0.7 else value.capitalize()

    def _discount(self, hundredths: int, rng: Random, log: list[Dressing]) -> str:
        if hundredths == 0 and not self._rules.isdisjoint(("R3", "R10")) and rng.random() < 0.5:
            log.append(Dressing("discount_pct", "null", "R3" if "R3" in self._rules else "R10"))
            return self.null(rng)
        if not self._dresses("R10", rng):
            return f"{hundredths // 100}.{hundredths % 100:02d}"
        whole, places = divmod(hundredths, 100)
        text = str(whole)
        if places:
            text += f".{places:02d}".rstrip("0") if rng.random() < 0.5 else f".{places:02d}"
        if rng.random() < 0.6:
            log.append(Dressing("discount_pct", "percent-sign", "R10"))
            return text + "%"
        log.append(Dressing("discount_pct", "short", "R10"))
        return text


def _grouped(digits: str, separator: str) -> str:
    return f"{int(digits):,}".replace(",", separator)
