"""A submission's own `answers.json`, as far as it has the form of the brief: what other outputs are compared with."""

import re
from pathlib import Path
from typing import Any

from hostile import Unreadable, read_json

_COUNTS = ("rows_in", "rows_clean", "rows_rejected", "duplicates_dropped")
_QUESTIONS: dict[str, dict[str, str]] = {
    "q1": {"month": r"[0-9]{4}-[0-9]{2}", "net_revenue_usd": r"-?[0-9]{1,30}\.[0-9]{2}"},
    "q2": {"product_id": r".{0,200}", "net_revenue_usd": r"-?[0-9]{1,30}\.[0-9]{2}"},
    "q3": {"region": r".{0,200}", "rate": r"[0-9]\.[0-9]{4}", "low": r".{0,30}", "high": r".{0,30}"},
    "q4": {"country": r".{0,200}", "net_revenue_usd": r"-?[0-9]{1,30}\.[0-9]{2}"},
}
_ROWS = 100_000


def read_answers(output: Path) -> dict[str, Any]:
    """The questions, and `meta`, whose answers have the form of the brief; what has not is charged by its own check."""
    try:
        found = read_json(output / "answers.json")
    except Unreadable:
        return {}
    kept = {question: found[question] for question in _QUESTIONS if _is_answer(question, found.get(question))}
    meta = found.get("meta")
    if isinstance(meta, dict):
        kept["meta"] = {name: meta[name] for name in _COUNTS if type(meta.get(name)) is int}
        if isinstance(meta.get("total_net_revenue_usd"), str):
            kept["meta"]["total_net_revenue_usd"] = meta["total_net_revenue_usd"]
    return kept


def _is_answer(question: str, rows: object) -> bool:
    return (
        isinstance(rows, list)
        and len(rows) <= _ROWS
        and all(_is_row(_QUESTIONS[question], row) for row in rows)
    )


def _is_row(members: dict[str, str], row: object) -> bool:
    if not isinstance(row, dict):
        return False
    if "rate" in members:
        orders, returned = row.get("orders"), row.get("returned")
        if type(orders) is not int or type(returned) is not int or not 0 <= returned <= orders or not orders:
            return False
    return all(
        isinstance(row.get(name), str) and re.fullmatch(form, row[name], re.DOTALL) is not None
        for name, form in members.items()
    )
