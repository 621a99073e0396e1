"""What the report shows besides points: curves, tables and files, as plain JSON values. Only what the checks found out anyway.

Every member is there only if its step worked: `None` says that it did not.
"""

from collections.abc import Callable
from typing import Any

import baseline
import statistic
from bench import HIDDEN, Bench
from takehome_suite.outcome import Unmet

FORMAT = 1
_TRAININGS = ("trained", "again", "other")
_PLACES = 6
_PERCENTILES = (0.5, 0.9, 0.98, 1.0)


def report_data(bench: Bench) -> dict[str, Any]:
    """JSON-able. Nothing is trained, run or asked for it, so ask when all checks have run."""
    done = vars(bench)
    scored = "run_on_hidden" in done
    return {
        "format": FORMAT,
        "quality": _or_none(lambda: _quality(bench)) if scored else None,
        "calibration": _or_none(lambda: _calibration(bench)) if scored else None,
        "roc": _or_none(lambda: statistic.roc(bench.scores, bench.labels)) if scored else None,
        "baseline_roc": statistic.roc(baseline.scores(bench.hidden), bench.labels) if scored else None,
        "skew": [{"path": path, "largest": largest} for path, largest in sorted(bench.skew.items())],
        "latency_seconds": [_latency(name, values) for name, values in sorted(bench.latencies.items())],
        "start_seconds": {
            name: {"healthy": start.healthy_at, "ready": start.ready_at}
            for name, start in bench.starts.items()
        },
        "train_seconds": {name: round(done[name].seconds, 2) for name in _TRAININGS if name in done},
        "spent": {
            **{what: {"count": one.count, "seconds": one.seconds} for what, one in bench.times.spent.items()},
            "requests, and the examiner's own work": {"count": None, "seconds": bench.times.rest()},
            "all checks": {"count": None, "seconds": bench.times.whole()},
        },
        "artifacts": _or_none(lambda: bench.inventory.as_data()) if "trained" in done else None,
    }


def _or_none(step: Callable[[], Any]) -> Any:
    try:
        return step()
    except Unmet:
        return None


def _quality(bench: Bench) -> dict[str, Any]:
    """AUC and interval, beside the floor, the grader's baseline, and the best that is possible on the same rows."""
    own = baseline.scores(bench.hidden)
    return {
        "rows": HIDDEN,
        "positives": sum(bench.labels),
        "auc": _rounded(vars(bench.auc)),
        "floor": baseline.FLOOR,
        "baseline_auc": round(statistic.auc(own, bench.labels), _PLACES),
        "best_auc": round(statistic.auc([one.z for one in bench.hidden], bench.labels), _PLACES),
        "claimed_auc": _or_none(lambda: bench.document("metrics.json").get("auc")),
    }


def _calibration(bench: Bench) -> list[dict[str, Any]]:
    return [_rounded(vars(one)) for one in statistic.calibration(bench.scores, bench.labels)]


def _latency(name: str, values: list[float]) -> dict[str, Any]:
    shown = {f"p{100 * share:.0f}": round(statistic.percentile(values, share), 4) for share in _PERCENTILES}
    return {"what": name, "count": len(values), **shown}


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, _PLACES) if isinstance(value, float) else value for name, value in values.items()
    }
