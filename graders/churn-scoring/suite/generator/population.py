"""Draws customers: first the features, then the risk by the law, then the label, then what is known afterwards."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from generator import columns
from generator.columns import Value
from generator.law import LAW, RETRAINED, Law, probability
from generator.tables import table

TRAINING_SEED = 20_250_701
TRAINING_ROWS = 20_000
REPEATED_SHARE = 0.09
RETRAINING_ROWS = 4_000
_FIRST_SIGNUP = date(2018, 1, 1)
_SNAPSHOT = date(2025, 7, 1)
_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ"
_FEES = {"basic": (18.0, 0.22), "standard": (38.0, 0.25), "premium": (75.0, 0.28), "family": (55.0, 0.25)}


@dataclass(frozen=True)
class Customer:
    """One row. `z` is the true log-odds of churn, `label` was drawn from it."""

    customer_id: str
    features: dict[str, Value]
    z: float
    label: int
    closure_code: str | None = field(default=None)


def draw(rng: random.Random, count: int, law: Law = LAW) -> list[Customer]:
    """As many customers of the law, no id twice."""
    ids = _ids(rng)
    return [_customer(rng, next(ids), law) for _ in range(count)]


def hidden_rows(seed: int, count: int, law: Law = LAW, purpose: str = "hidden") -> list[Customer]:
    """Unseen customers: others for each seed and purpose."""
    return draw(random.Random(f"{seed}/{purpose}"), count, law)


def training_customers() -> list[Customer]:
    """The customers of `train.csv`, in its order."""
    rng = random.Random(TRAINING_SEED)
    repeated = round(TRAINING_ROWS * REPEATED_SHARE)
    customers = draw(rng, TRAINING_ROWS - repeated)
    rows = customers + rng.choices(customers, k=repeated)
    rng.shuffle(rows)
    return rows


def training_table() -> bytes:
    """`train.csv` of the task, byte by byte."""
    return table(training_customers(), columns.COLUMNS)


def retraining_table(seed: int) -> bytes:
    """Data of another market, to train on again."""
    return table(hidden_rows(seed, RETRAINING_ROWS, RETRAINED, "retraining"), columns.COLUMNS)


def _ids(rng: random.Random) -> Iterator[str]:
    """Ids with leading zeros: digits that are no number."""
    seen = set()
    while True:
        found = f"{rng.randrange(10**7):08d}-{rng.choice(_LETTERS)}{rng.choice(_LETTERS)}"
        if found not in seen:
            seen.add(found)
            yield found


def _customer(rng: random.Random, customer_id: str, law: Law) -> Customer:
    features = _features(rng)
    z = law(features)
    label = int(rng.random() < probability(z))
    # Written down when somebody leaves; now and then forgotten.
    code = rng.choice(columns.CLOSURE_CODES) if label and rng.random() < 0.95 else None
    return Customer(customer_id, features, z, label, code)


def _features(rng: random.Random) -> dict[str, Value]:
    plan = rng.choices(columns.PLANS, (38, 32, 16, 14))[0]
    age = rng.randrange((_SNAPSHOT - _FIRST_SIGNUP).days)
    # Some subscriptions were paused for a while.
    paused = rng.randrange(1, 12) if rng.random() < 0.2 else 0
    fee, spread = _FEES[plan]
    payment = rng.choices(columns.PAYMENT_METHODS, (48, 26, 14, 12))[0]
    autopay = rng.random() < (0.25 if payment == "invoice" else 0.62)
    usage = min(math.exp(rng.gauss(4.0 if plan == "basic" else 4.5, 1.15)), 2000.0)
    lost = rng.random() < (0.16 if plan == "basic" else 0.07)
    login = min(int(rng.expovariate(1 / (9 if autopay else 30))), 365)
    return {
        "signup_date": (_SNAPSHOT - timedelta(days=age + 1)).isoformat(),
        "plan": plan,
        "region": _maybe(rng, 0.08, rng.choices(columns.REGIONS, (34, 27, 18, 13, 8))[0]),
        "monthly_fee": round(min(max(fee * math.exp(rng.gauss(0.0, spread)), 5.0), 200.0), 2),
        "tenure_months": max(age // 30 - paused, 0),
        "days_since_last_login": login,
        "support_tickets_90d": min(_poisson(rng, 1.1 if plan != "basic" else 1.5), 20),
        "payment_method": payment,
        "autopay": autopay,
        "discount_pct": _maybe(rng, 0.55, round(rng.triangular(2.0, 50.0, 12.0), 1)),
        "usage_gb_30d": None if lost else round(usage, 2),
        "referral_source": _maybe(rng, 0.22, rng.choices(columns.REFERRALS, (36, 24, 20, 12, 8))[0]),
    }


def _maybe(rng: random.Random, missing: float, value: Value) -> Value:
    return None if rng.random() < missing else value


def _poisson(rng: random.Random, mean: float) -> int:
    count, product, limit = 0, rng.random(), math.exp(-mean)
    while product > limit:
        count, product = count + 1, product * rng.random()
    return count
