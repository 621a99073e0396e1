"""The customer as a strict pydantic model: the only definition of what is valid, and of what `/metadata` says."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictStr


def _whole(value: Any) -> Any:
    """`5.0` is the integer 5. What is no number stays for pydantic to refuse."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _day(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise ValueError("a date is YYYY-MM-DD")
    date.fromisoformat(value)
    return value


Day = Annotated[str, BeforeValidator(_day)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
# Larger ones are no counts, and do not fit into a double.
Integer = Annotated[int, BeforeValidator(_whole), Field(strict=True, ge=-(10**15), le=10**15)]


class Customer(BaseModel):
    """What is known of a customer when a prediction is asked for."""

    model_config = ConfigDict(extra="ignore")

    signup_date: Day
    plan: StrictStr
    region: StrictStr | None = None
    monthly_fee: Number
    tenure_months: Integer
    days_since_last_login: Integer
    support_tickets_90d: Integer
    payment_method: StrictStr
    autopay: StrictBool
    discount_pct: Number | None = None
    usage_gb_30d: Number | None = None
    referral_source: StrictStr | None = None


TYPES = {
    "signup_date": "date",
    "plan": "category",
    "region": "category",
    "monthly_fee": "number",
    "tenure_months": "integer",
    "days_since_last_login": "integer",
    "support_tickets_90d": "integer",
    "payment_method": "category",
    "autopay": "boolean",
    "discount_pct": "number",
    "usage_gb_30d": "number",
    "referral_source": "category",
}


def described() -> list[dict[str, Any]]:
    """The features for `/metadata`, from the model itself."""
    found = []
    for name, field in Customer.model_fields.items():
        required = field.is_required()
        found.append({"name": name, "type": TYPES[name], "required": required, "nullable": not required})
    return found
