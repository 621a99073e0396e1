"""The columns, as the data dictionary describes them."""

from dataclasses import dataclass

type_names = ("date", "category", "number", "integer", "boolean")
Value = str | float | int | bool | None


@dataclass(frozen=True)
class Feature:
    """A column that is known when a prediction is asked for. `first` is the smallest value that the dictionary allows."""

    name: str
    type: str
    nullable: bool = False
    values: tuple[str, ...] = ()
    first: float = 0
    last: float = 0


PLANS = ("basic", "standard", "premium", "family")
# `NA` is North America: a reader that takes it for a missing value loses it.
REGIONS = ("EU", "NA", "APAC", "LATAM", "MEA")
PAYMENT_METHODS = ("card", "direct_debit", "invoice", "wallet")
REFERRALS = ("search", "friend", "ad", "partner", "reseller")
CLOSURE_CODES = ("price", "moved", "competitor", "service", "unknown")

FEATURES = (
    Feature("signup_date", "date"),
    Feature("plan", "category", values=PLANS),
    Feature("region", "category", nullable=True, values=REGIONS),
    Feature("monthly_fee", "number", first=5, last=200),
    Feature("tenure_months", "integer", first=0, last=91),
    Feature("days_since_last_login", "integer", first=0, last=365),
    Feature("support_tickets_90d", "integer", first=0, last=20),
    Feature("payment_method", "category", values=PAYMENT_METHODS),
    Feature("autopay", "boolean"),
    Feature("discount_pct", "number", nullable=True, first=0, last=60),
    Feature("usage_gb_30d", "number", nullable=True, first=0, last=2000),
    Feature("referral_source", "category", nullable=True, values=REFERRALS),
)
NAMES = tuple(feature.name for feature in FEATURES)
NULLABLE = tuple(feature.name for feature in FEATURES if feature.nullable)
REQUIRED = tuple(feature.name for feature in FEATURES if not feature.nullable)
COLUMNS = ("customer_id", *NAMES, "closure_code", "churned")
