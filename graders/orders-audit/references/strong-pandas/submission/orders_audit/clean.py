"""Raw rows to orders: the first reason for which a row is rejected, and the latest export of each order."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from orders_audit import rules
from orders_audit.lookups import Lookups

_REQUIRED = ["order_id", "product_id", "ordered_at", "quantity", "unit_price", "currency", "exported_at"]


@dataclass
class Outcome:
    """`orders` holds cents, hundredths of a percent and revenue in 10⁻¹² USD (exact, as Python integers)."""

    orders: pd.DataFrame
    rejects: pd.DataFrame
    duplicates: int

    @property
    def rows_in(self) -> int:
        return len(self.orders) + len(self.rejects) + self.duplicates


def clean_part(raw: pd.DataFrame, lookups: Lookups) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Orders and rejects of one part."""
    ordered_at, bad_ordered = rules.moments(raw["ordered_at"])
    exported_at, bad_exported = rules.moments(raw["exported_at"])
    quantity, bad_quantity = rules.quantities(raw["quantity"])
    cents, bad_price = rules.prices(raw["unit_price"])
    currency, bad_currency = rules.currencies(raw["currency"])
    discount, bad_discount = rules.discounts(raw["discount_pct"])
    product = rules.identifiers(raw["product_id"])
    missing = raw[_REQUIRED].apply(rules.is_null).any(axis="columns")

    frame = pd.DataFrame(
        {
            "order_id": rules.identifiers(raw["order_id"]),
            "customer_id": rules.identifiers(raw["customer_id"]),
            "product_id": product,
            "region": rules.regions(raw["region"]),
            "ordered_at": ordered_at,
            "quantity": quantity,
            "cents": cents,
            "currency": currency,
            "discount": discount,
            "exported_at": exported_at,
        }
    )
    rate = _rates(frame, lookups.rates)
    # In the order in which the reasons apply.
    checks = {
        "missing_field": missing,
        "bad_timestamp": bad_ordered | bad_exported,
        "bad_quantity": bad_quantity,
        "bad_price": bad_price,
        "bad_currency": bad_currency,
        "bad_discount": bad_discount,
        "unknown_product": ~product.isin(lookups.product_ids),
        "no_fx_rate": rate.isna(),
    }
    masks = [mask.to_numpy(dtype=bool) for mask in checks.values()]
    reason = pd.Series(np.select(masks, list(checks), default=""), index=raw.index, dtype="str")
    good = reason == ""
    rejects = raw.loc[~good, ["file", "line"]].assign(reason=reason[~good])
    orders = frame[good].copy()
    orders["rate"] = rate[good].astype("int64")
    return orders, rejects


def latest(orders: pd.DataFrame) -> pd.DataFrame:
    """One row for each order, sorted by id, with its revenue."""
    # Comparing Python strings compares code points, and so the bytes of UTF-8.
    ranked = orders.astype({"order_id": object}).sort_values(["order_id", "exported_at"], kind="stable")
    kept = ranked.drop_duplicates("order_id", keep="last").reset_index(drop=True)
    # Each factor fits 64 bits, the product does not.
    amount = (kept["quantity"] * kept["cents"]).astype(object)
    factor = ((10_000 - kept["discount"]) * kept["rate"]).astype(object)
    kept["revenue"] = (amount * factor).astype(object)
    return kept.drop(columns="rate")


def _rates(frame: pd.DataFrame, rates: pd.DataFrame) -> pd.Series:
    """The rate of each row; null where there is none (yet)."""
    wanted = pd.DataFrame(
        {
            "day": frame["ordered_at"].dt.floor("D").astype("datetime64[s]"),
            "currency": frame["currency"],
            "row": np.arange(len(frame)),
        }
    )
    wanted = wanted.dropna(subset=["day"]).sort_values("day")
    found = pd.merge_asof(wanted, rates, on="day", by="currency", direction="backward")
    return found.set_index("row")["rate"].reindex(range(len(frame))).set_axis(frame.index)
