"""Ways to break a row, by reason (R14). Every text made here is wrong by the rules, whatever the value was."""

from datetime import datetime
from random import Random

from generator.model import REASONS, Fault, Version

# The rule that a reason belongs to: a data set that does not exercise it has no such rejects.
RULE_OF_REASON = {
    "unparsable": "R14",
    "missing_field": "R11",
    "bad_timestamp": "R6",
    "bad_quantity": "R7",
    "bad_price": "R8",
    "bad_currency": "R9",
    "bad_discount": "R10",
    "unknown_product": "R12",
    "no_fx_rate": "R13",
}

REQUIRED = ("order_id", "product_id", "ordered_at", "quantity", "unit_price", "currency", "exported_at")

_QUANTITIES = (
    "0",
    "0.0",
    "-0",
    "1.5",
    "+3",
    "two",
    "1e3",
    "3.",
    "1,000",
    "--2",
    "3 pcs",
    "0x10",
    "2.50",
    "3-",
)
_PRICES = (
    "-12.50",
    "free",
    "12.",
    ".50",
    ",50",
    "$",
    "12€",
    "12.50 USD",
    "$ 12.50",
    "US$12.50",
    "1'234.50",
    "1 234.50",
    "¥100",
    "12.5.",
    "1..2",
    "€-5",
    "1e3",
    "(12.50)",
)
_CURRENCIES = ("JPY", "CHF", "EURO", "US", "$", "€", "DOLLAR", "U.S.D", "jpy")
_DISCOUNTS = (
    "101",
    "150%",
    "100.01",
    "-5",
    "-5%",
    "12,5",
    "5 %",
    "%",
    "half",
    "7.125",
    "1e1",
    "10%%",
    ".5",
    "5.",
)

# Beside these: bytes that are not UTF-8, in whatever column; see layout.py.
DAMAGES = ("short", "long", "bytes", "bytes", "footer")


class Breaker:
    """Makes faults. Each way to break a value comes once before any comes again."""

    def __init__(self, products: frozenset[str], rng: Random) -> None:
        self._products = products
        self._rng = rng
        self._decks: dict[str, list[int]] = {}

    def fault(self, version: Version, reason: str) -> Fault | None:
        """A fault of this reason; None if the version itself has to be different (`no_fx_rate`)."""
        if reason == "unparsable":
            return Fault(reason, "", self._draw(reason, DAMAGES))
        if reason == "missing_field":
            return Fault(reason, self._draw(reason, REQUIRED))
        if reason == "bad_timestamp":
            column = self._rng.choice(("ordered_at", "ordered_at", "exported_at"))
            return Fault(
                reason, column, self._draw(reason, bad_timestamps(getattr(version, column), self._rng))
            )
        if reason == "bad_quantity":
            return Fault(reason, "quantity", self._draw(reason, _QUANTITIES))
        if reason == "bad_price":
            return Fault(reason, "unit_price", self._draw(reason, _PRICES))
        if reason == "bad_currency":
            return Fault(reason, "currency", self._draw(reason, _CURRENCIES))
        if reason == "bad_discount":
            return Fault(reason, "discount_pct", self._draw(reason, _DISCOUNTS))
        if reason == "unknown_product":
            return Fault(reason, "product_id", unknown_product(version.product_id, self._products, self._rng))
        return None

    def _draw(self, reason: str, options: tuple[str, ...]) -> str:
        deck = self._decks.get(reason)
        if not deck:
            deck = self._decks[reason] = list(range(len(options)))
            self._rng.shuffle(deck)
        return options[deck.pop()]


def first_reason(faults: tuple[Fault, ...]) -> str | None:
    return min((fault.reason for fault in faults), key=REASONS.index, default=None)


def bad_timestamps(value: datetime, rng: Random) -> tuple[str, ...]:
    """Texts that are near to the time, and none of the forms of R6."""
    day, month, year = value.day, value.month, value.year
    return (
        f"{year}-13-{day:02d}",
        f"{year}-02-30",
        f"{year}-02-30T10:00:00Z",
        f"31/04/{year}",
        f"{month:02d}/{rng.randint(13, 28)}/{year}",
        f"{month:02d}/{rng.randint(13, 28)}/{year} 10:15",
        f"{year}-{month:02d}-{day:02d}T24:00:00Z",
        f"{year}-{month:02d}-{day:02d} 25:10",
        f"{year}-{month:02d}-{day:02d} 10:60:00",
        f"{year}-{month:02d}-{day:02d}T10:00Z",
        f"{year}-{month:02d}-{day:02d}T10:00:00.000Z",
        f"{year}-{month:02d}-{day:02d}T10:00:00+0100",
        f"{year}-{rng.randint(1, 9)}-{day:02d}",
        f"{rng.randint(1, 9)}/{rng.randint(1, 9)}/{year}",
        f"{day:02d}/{month:02d}/{year % 100:02d}",
        f"{year}/{month:02d}/{day:02d}",
        f"{day:02d}.{month:02d}.{year}",
        f"{day:02d}-{month:02d}-{year}",
        f"{year}{month:02d}{day:02d}",
        f"{year}-{month:02d}",
        f"{year}-{month:02d}-{day:02d} 10",
        str(1_700_000_000 + day),
        "yesterday",
        "Jan 5, 2024",
        f"{year}-{month:02d}-{day:02d} 10:15 PM",
    )


def unknown_product(known: str, products: frozenset[str], rng: Random) -> str:
    """An id that is not in `products`, in any case; often one that is when its zeros or its spaces are lost."""
    candidates = [
        known.replace("0", "", 1),
        known.lstrip("0"),
        "0" + known,
        known + "X",
        "MISSING-1",
        known[:-1],
    ]
    rng.shuffle(candidates)
    for text in candidates:
        if text and text.upper() not in products:
            return text
    return "NO SUCH PRODUCT"
