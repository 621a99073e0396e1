"""Writes the report from the answers of the run."""

from audit.answers import Answers

_ASSUMPTIONS = (
    "Times without an offset are UTC.",
    "In dates with slashes the day stands first.",
    "The last export of an order is the true one.",
    "Where a day has no exchange rate, the last one before it holds.",
)
_LIMITATIONS = (
    "Rejected rows are left out, so revenue is too low by what they were worth.",
    "Countries are those of today's primary addresses.",
    "Few orders in a region make a wide interval; regions should not be ranked by rate alone.",
)


def render_report(answers: Answers, reasons: list[tuple[str, int]]) -> str:
    meta = answers.json["meta"]
    paragraphs = [
        "# Order audit",
        "## Summary",
        f"{meta['rows_in']} rows came in. {meta['rows_clean']} orders are clean, with a net revenue of "
        f"{meta['total_net_revenue_usd']} USD.",
        "## Data quality",
        f"{meta['rows_rejected']} rows were rejected and {meta['duplicates_dropped']} duplicates dropped.",
        "\n".join(
            ["| Reason | Rows |", "|:--|--:|", *(f"| {reason} | {rows} |" for reason, rows in reasons)]
        ),
        "## Findings",
        "\n".join(_findings(answers)),
        "![Monthly net revenue](plots/monthly_revenue.png)",
        "![Return rate by region](plots/return_rate.png)",
        "## Assumptions",
        "\n".join(f"- {text}" for text in _ASSUMPTIONS),
        "## Limitations",
        "\n".join(f"- {text}" for text in _LIMITATIONS),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _findings(answers: Answers) -> list[str]:
    texts = {
        "q1": "{} was the month with the highest net revenue: {} USD.",
        "q2": "{} is the product with the highest net revenue: {} USD.",
        "q3": "{} has the highest return rate: {} of its orders.",
        "q4": "{} is the country with the highest net revenue: {} USD.",
    }
    found = [f"- {text.format(*answers.best[key])}" for key, text in texts.items() if answers.best[key]]
    return found or ["No order is left after cleaning."]
