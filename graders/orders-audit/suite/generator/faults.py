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


def faults_of(version: Version, reason: str, products: frozenset[str], rng: Random) -> Fault | None:
    """A fault of this reason; None if the version itself has to be different (`no_fx_rate`)."""
    if reason == "unparsable":
        return Fault(reason, "", rng.choice(DAMAGES))
    if reason == "missing_field":
        return Fault(reason, rng.choice(REQUIRED))
    if reason == "bad_timestamp":
        column = rng.choice(("ordered_at", "ordered_at", "exported_at"))
        return Fault(reason, column, bad_timestamp(getattr(version, column), rng))
    if reason == "bad_quantity":
        return Fault(reason, "quantity", rng.choice(_QUANTITIES))
    if reason == "bad_price":
        return Fault(reason, "unit_price", rng.choice(_PRICES))
    if reason == "bad_currency":
        return Fault(reason, "currency", rng.choice(_CURRENCIES))
    if reason == "bad_discount":
        return Fault(reason, "discount_pct", rng.choice(_DISCOUNTS))
    if reason == "unknown_product":
        return Fault(reason, "product_id", unknown_product(version.product_id, products, rng))
    return None


def first_reason(faults: tuple[Fault, ...]) -> str | None:
    return min((fault.reason for fault in faults), key=REASONS.index, default=None)


def bad_timestamp(value: datetime, rng: Random) -> str:
    day, month, year = value.day, value.month, value.year
    shapes = (
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
    return rng.choice(shapes)


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
