"""`report.md`."""

from typing import Any

_LEADERS = {
    "q1": "Net revenue was highest in {}: {} USD.",
    "q2": "The product with the highest net revenue is {}: {} USD.",
    "q3": "The region with the highest return rate is {}: {}.",
    "q4": "The country with the highest net revenue is {}: {} USD.",
}


def render(
    answers: dict[str, Any], leaders: dict[str, tuple[str, str] | None], reasons: dict[str, int]
) -> str:
    meta = answers["meta"]
    lines = ["# Audit of the orders", "", "## Summary", ""]
    lines += [f"Net revenue: {meta['total_net_revenue_usd']} USD, from {meta['rows_clean']} orders.", ""]
    lines += ["## Data quality", "", "| rows | count |", "|---|---|"]
    lines += [
        f"| {name.replace('_', ' ')} | {meta[name]} |" for name in meta if name.startswith(("rows", "dup"))
    ]
    lines += [f"| of these {reason} | {count} |" for reason, count in sorted(reasons.items())]
    lines += ["", "## Findings", ""]
    for question, sentence in _LEADERS.items():
        leader = leaders[question]
        if leader is not None:
            lines.append(f"- {sentence.format(*leader)}")
    lines += ["", "![Net revenue by month](plots/monthly_revenue.png)"]
    lines += ["", "![Return rate by region](plots/return_rate.png)", "", _CLOSING]
    return "\n".join(lines)


_CLOSING = """\
## Assumptions

- Times without an offset are in UTC. Dates with slashes have the day first.
- The latest export of an order holds; the earlier ones are duplicates.
- A currency that was not quoted on a day has its last quote.

## Limitations

- Rejected rows are left out of every figure.
- The country is that of the primary address now, not at the time of the order.
- A 95 % interval says nothing about orders that were rejected.
"""
