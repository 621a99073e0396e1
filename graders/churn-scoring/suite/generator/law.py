"""The law of churn: what a customer's features say about the risk, in closed form."""

import math
from collections.abc import Callable, Mapping

from generator.columns import Value

Features = Mapping[str, Value]
_TYPICAL_FEE = {"basic": 18.0, "standard": 38.0, "premium": 75.0, "family": 55.0}
_PLAN: Mapping[Value, float] = {"basic": 0.25, "standard": 0.0, "premium": -0.25, "family": -0.35}
_REGION: Mapping[Value, float] = {"EU": 0.0, "NA": -0.7, "APAC": 0.15, "LATAM": 0.55, "MEA": 0.3, None: 0.9}
_PAYMENT: Mapping[Value, float] = {"card": 0.0, "direct_debit": -0.3, "invoice": 0.45, "wallet": 0.2}
_REFERRAL: Mapping[Value, float] = {
    "search": 0.0,
    "friend": -0.5,
    "ad": 0.45,
    "partner": -0.1,
    "reseller": 0.3,
    None: 0.1,
}


def _number(value: Value) -> float:
    assert isinstance(value, int | float)
    return float(value)


def log_odds(features: Features) -> float:
    """The true log-odds of churn. Not linear: logarithms, a valley, a threshold, and a fee that counts by plan."""
    plan = str(features["plan"])
    login = math.log1p(_number(features["days_since_last_login"]))
    tickets = min(_number(features["support_tickets_90d"]), 6.0)
    tenure = math.log1p(_number(features["tenure_months"]))
    z = -1.24 + _PLAN[plan] + 0.56 * (login - 2.4) + 0.33 * (tickets - 1.2) - 0.42 * (tenure - 3.0)
    z += 0.9 * math.tanh((_number(features["monthly_fee"]) / _TYPICAL_FEE[plan] - 1.0) * 2.5)
    z += _REGION[features["region"]] + _PAYMENT[features["payment_method"]]
    z += _REFERRAL[features["referral_source"]]
    if features["autopay"]:
        z -= 0.75 if features["payment_method"] != "invoice" else 0.1
    if features["discount_pct"] is not None and _number(features["discount_pct"]) >= 25:
        z += 0.5
    usage = features["usage_gb_30d"]
    z += 0.7 if usage is None else min(0.3 * (math.log1p(_number(usage)) - 4.0) ** 2, 1.8) - 0.3
    # Offers at the end of the year bring customers who leave again.
    z += 0.4 if str(features["signup_date"])[5:7] in ("11", "12") else 0.0
    return z


def other_log_odds(features: Features) -> float:
    """Another law, of another market: short, strong, and in places the opposite of the first one."""
    z = 0.3 - 1.6 * math.log1p(_number(features["tenure_months"])) + 4.0
    z += 2.0 if features["plan"] == "premium" else -0.8
    z += 0.045 * (_number(features["monthly_fee"]) - 40.0)
    z += 1.5 if features["autopay"] else -1.0
    return z


Law = Callable[[Features], float]
LAW: Law = log_odds
RETRAINED: Law = other_log_odds


def probability(z: float) -> float:
    """The probability of these log-odds."""
    return 1.0 / (1.0 + math.exp(-z)) if z >= 0 else math.exp(z) / (1.0 + math.exp(z))
