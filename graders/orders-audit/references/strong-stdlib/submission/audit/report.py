"""`report.md`, from the answers of this run."""

from collections import Counter

from audit.cleaning import Cleaned
from audit.questions import Answers

_FINDINGS = {
    "q1": (
        "The month with the highest net revenue is {0}, with {1} USD.",
        "There is no month with an order.",
    ),
    "q2": ("The product with the highest net revenue is {0}, with {1} USD.", "No product was sold."),
    "q3": ("The region with the highest return rate is {0}, with a rate of {1}.", "There is no region."),
    "q4": ("The country with the highest net revenue is {0}, with {1} USD.", "There is no country."),
}


def render(cleaned: Cleaned, answers: Answers) -> str:
    meta = answers.json["meta"]
    reasons = Counter(reject.reason for reject in cleaned.rejects)
    lines = [
        "# Orders audit",
        "",
        "## Summary",
        "",
        f"Of {meta['rows_in']} rows, {meta['rows_clean']} are clean orders. "
        f"Their net revenue is {meta['total_net_revenue_usd']} USD.",
        "",
        "## Data quality",
        "",
        f"- Rows read: {meta['rows_in']}",
        f"- Clean orders: {meta['rows_clean']}",
        f"- Rejected rows: {meta['rows_rejected']}",
        f"- Duplicates dropped: {meta['duplicates_dropped']}",
        "",
    ]
    if reasons:
        lines += ["| reason | rows |", "|---|---|"]
        lines += [f"| {reason} | {count} |" for reason, count in sorted(reasons.items())]
        lines.append("")
    lines += ["## Findings", ""]
    for question, (found, nothing) in _FINDINGS.items():
        headline = answers.headlines[question]
        lines.append(f"- {nothing}" if headline is None else f"- {found.format(*headline)}")
    lines += [
        "",
        "![Net revenue by month](plots/monthly_revenue.png)",
        "",
        "![Return rate by region](plots/return_rate.png)",
        "",
        "## Assumptions",
        "",
        "- A time without an offset is in UTC, and slash dates have the day first.",
        "- Of several rows for one order, the one that was exported last is right.",
        "- An amount is converted with the last rate known on the UTC day of the order.",
        "- The country of an order is that of the customer's primary address today.",
        "",
        "## Limitations",
        "",
        "- A rejected row is not repaired, even where its meaning could be guessed.",
        "- Return rates of regions with few orders are uncertain; the intervals say how much.",
        "- Fees, taxes and shipping are not part of the exports.",
        "",
    ]
    return "\n".join(lines)
