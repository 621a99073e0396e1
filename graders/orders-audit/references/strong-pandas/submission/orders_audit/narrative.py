"""The text of `report.md`."""

from orders_audit.answers import Findings
from orders_audit.clean import Outcome

_TEMPLATE = """\
# Audit of the order exports

## Summary

The exports hold {rows_in} rows: {rows_clean} orders after cleaning, {rows_rejected} rejected rows and
{duplicates_dropped} duplicates. The net revenue of all orders is {total_net_revenue_usd} USD.

## Data quality

{quality}

## Findings

{findings}

![Net revenue by month](plots/monthly_revenue.png)

![Return rate by region](plots/return_rate.png)

## Assumptions

- Times without an offset are UTC; `05/03/2024` is the fifth of March.
- The latest export of an order replaces the earlier ones.
- Days without an exchange rate use the last one before them.

## Limitations

- Rejected rows are counted, not repaired.
- Countries follow the primary address of today, not that of the day of the order.
- The intervals assume that orders are returned independently of each other.
"""


def render(outcome: Outcome, findings: Findings) -> str:
    reasons = outcome.rejects["reason"].value_counts().sort_index()
    quality = [f"- {reason}: {count}" for reason, count in reasons.items()] or ["No row was rejected."]
    return _TEMPLATE.format(
        **findings.answers["meta"], quality="\n".join(quality), findings="\n".join(_findings(findings))
    )


def _findings(findings: Findings) -> list[str]:
    sentences = {
        "q1": "Highest month: {}, {} USD.",
        "q2": "Best product: {}, {} USD.",
        "q3": "Highest return rate: {}, {}.",
        "q4": "Best country: {}, {} USD.",
    }
    lines = []
    for question, sentence in sentences.items():
        leader = findings.leaders[question]
        lines.append(f"- {sentence.format(*leader)}" if leader else f"- {question}: no orders.")
    return lines
