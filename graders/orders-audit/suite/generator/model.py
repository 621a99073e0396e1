"""The truth: what the reference data says, and what a row means once it is cleaned. No text of a csv file is in here."""

from dataclasses import dataclass
from datetime import date, datetime

COLUMNS = (
    "order_id",
    "customer_id",
    "product_id",
    "region",
    "ordered_at",
    "quantity",
    "unit_price",
    "currency",
    "discount_pct",
    "exported_at",
)
CLEANED_COLUMNS = (*COLUMNS, "net_revenue_usd")

# In the order in which they apply (R14).
REASONS = (
    "unparsable",
    "missing_field",
    "bad_timestamp",
    "bad_quantity",
    "bad_price",
    "bad_currency",
    "bad_discount",
    "unknown_product",
    "no_fx_rate",
)

# The rules of the brief, and `Q4` for the join with the addresses.
RULES = (*(f"R{number}" for number in range(1, 19)), "Q4")

UNKNOWN = "Unknown"
RATE_UNIT = 10**6


@dataclass(frozen=True, slots=True)
class Customer:
    customer_id: str
    name: str
    segment: str


@dataclass(frozen=True, slots=True)
class Address:
    address_id: int
    customer_id: str
    country: str | None
    is_primary: bool


@dataclass(frozen=True, slots=True)
class Product:
    product_id: str
    name: str
    category: str


# R7, and R8 in cents: the largest that are no fault.
MOST_QUANTITY = 1_000_000
MOST_CENTS = 10**11 - 1


@dataclass(frozen=True, slots=True)
class Rate:
    """`millionths` is the value of `text` in units of 10⁻⁶ USD."""

    day: date
    currency: str
    text: str
    millionths: int


@dataclass(frozen=True)
class World:
    """The reference data as it is stored. Ids of customers and products may be in any case."""

    customers: tuple[Customer, ...]
    addresses: tuple[Address, ...]
    products: tuple[Product, ...]
    rates: tuple[Rate, ...]


@dataclass(slots=True)
class Version:
    """What one export says about an order: canonical values, times in UTC, money and percent in hundredths."""

    order_id: str
    customer_id: str | None
    product_id: str
    region: str | None
    ordered_at: datetime
    quantity: int
    price_cents: int
    currency: str
    discount: int
    exported_at: datetime


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is to be rejected: the reason, the column that is broken, and the text that breaks it, if any."""

    reason: str
    column: str
    text: str | None = None


@dataclass(slots=True)
class Row:
    """One record of the export. Its number seeds the way in which it is spelled; traps name what it was planted for."""

    number: int
    version: Version
    faults: tuple[Fault, ...] = ()
    traps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dressing:
    """A corruption in the log: which column is spelled in which way, and the rule that undoes it."""

    column: str
    kind: str
    rule: str


@dataclass(slots=True)
class Placed:
    """A row where it stands: file, and the physical line on which its record starts."""

    row: Row
    file: str
    line: int
