"""What the report shows beside the checks: how good the model is, how alike its ways to a prediction are, and its files.

Made from `report_data`; a part whose step did not work is left out.
"""

from collections.abc import Iterable
from typing import Any

from bench import Bench
from report_data import report_data
from takehome_suite.exhibits import Axis, Cell, Exhibit, Line, Place, Series, Table
from takehome_suite.outcome import short

# What the brief allows two ways to the same probability to differ by.
_ALIKE = 1e-6
_GLOBALS_SHOWN = 6
_WAYS_SHOWN = 12
_TRAININGS = {"trained": "training", "again": "the same training again", "other": "training on other data"}


def of_the_run(bench: Bench) -> Iterable[tuple[Place, Exhibit]]:
    """What a run shows when all checks have ended."""
    data = report_data(bench)
    if data["quality"]:
        yield "glance", _quality(data["quality"])
    if data["roc"]:
        yield "run", _roc(data)
    if data["calibration"]:
        yield "run", _calibration(data["calibration"])
    if data["skew"]:
        yield "run", _skew(data["skew"])
    if data["latency_seconds"]:
        yield "run", _latency(data["latency_seconds"])
    yield "run", _spent(data["spent"])
    times = _times(data)
    if times.rows:
        yield "run", times
    if data["artifacts"]:
        yield "run", _inventory(data["artifacts"])


def _quality(found: dict[str, Any]) -> Table:
    auc, floor = found["auc"], found["floor"]
    below = auc["high"] < floor
    claimed = found["claimed_auc"]
    over = isinstance(claimed, (int, float)) and claimed > auc["value"] + 0.025
    rows: list[tuple[object, object, object]] = [
        (
            "this model",
            Cell(f"{auc['value']:.4f}", "bad" if below else "good"),
            f"95 % interval {auc['low']:.4f} to {auc['high']:.4f}; {'below' if below else 'not below'} the floor",
        ),
        ("the floor of the brief", f"{floor:.4f}", "a model fails if its whole interval is below"),
        ("the grader's baseline", f"{found['baseline_auc']:.4f}", "logistic regression on the plain columns"),
        (
            "the best that is possible",
            f"{found['best_auc']:.4f}",
            "the law by which the customers were made, on the same rows",
        ),
        (
            "claimed in metrics.json",
            Cell(_shown(claimed), "bad" if over else ""),
            "more than 0.025 above what was measured" if over else "at most 0.025 above what was measured",
        ),
    ]
    note = f"Measured on {found['rows']:,} customers whom the model has not seen; {found['positives']:,} of them churned."
    return Table(
        "AUC on unseen customers", ("Of", "AUC", "How to read it"), rows, numbers=("AUC",), note=note
    )


def _shown(claimed: object) -> str:
    return f"{claimed:.4f}" if isinstance(claimed, float) else short(claimed, 40)


def _roc(data: dict[str, Any]) -> Series:
    quality = data["quality"] or {}
    auc = f", AUC {quality['auc']['value']:.4f}" if quality else ""
    lines = [Line(f"this model{auc}", data["roc"])]
    if data["baseline_roc"]:
        lines.append(Line("the grader's baseline", data["baseline_roc"], dashed=True))
    lines.append(Line("chance", [(0.0, 0.0), (1.0, 1.0)], dashed=True))
    return Series("ROC curve", Axis("false positive rate"), Axis("true positive rate"), lines)


def _calibration(bins: list[dict[str, Any]]) -> Series:
    points = [(one["predicted"], one["observed"], one["low"], one["high"]) for one in bins]
    most = max(one["predicted"] for one in bins)
    lines = [
        Line("this model, in tenths", points),
        Line("as predicted", [(0.0, 0.0), (most, most)], dashed=True),
    ]
    note = "Customers in ten groups of the same size by their predicted risk, with 95 % intervals. It is not scored."
    return Series("Calibration", Axis("predicted risk"), Axis("share that churned"), lines, note=note)


def _skew(found: list[dict[str, Any]]) -> Table:
    worst = sorted(found, key=lambda one: -one["largest"])[:_WAYS_SHOWN]
    rows = [
        (one["path"], Cell(f"{one['largest']:.2g}", "bad" if one["largest"] > _ALIKE else "good"))
        for one in worst
    ]
    note = (
        f"The largest difference of a customer's probability between two ways to it, of {len(found)} ways "
        "the worst; 1e-6 is allowed."
    )
    columns = ("Way", "Difference")
    more = len(found) - len(rows)
    return Table(
        "The same customer by other ways", columns, rows, numbers=("Difference",), note=note, more=more
    )


def _latency(found: list[dict[str, Any]]) -> Table:
    names = [name for name in found[0] if name.startswith("p")]
    rows = [(one["what"], one["count"], *(f"{1000 * one[name]:.1f}" for name in names)) for one in found]
    shown = ["slowest" if name == "p100" else f"{name} in ms" for name in names]
    columns = ("Requests", "Count", *(name if name != "slowest" else "slowest in ms" for name in shown))
    return Table("Latency", columns, rows, numbers=columns[1:])


def _times(data: dict[str, Any]) -> Table:
    rows: list[tuple[object, object]] = []
    for name, seconds in data["train_seconds"].items():
        rows.append((_TRAININGS[name], f"{seconds:.1f}"))
    for name, start in data["start_seconds"].items():
        for what, seconds in start.items():
            if seconds is not None:
                rows.append((f"instance {name} {what}", f"{seconds:.2f}"))
    note = "Promised: a training ends within 300 s, an instance is healthy within 10 s and ready within 30 s."
    return Table("Times", ("What", "Seconds"), rows, numbers=("Seconds",), note=note)


def _spent(found: dict[str, dict[str, Any]]) -> Table:
    rows = [
        (what, "" if one["count"] is None else one["count"], f"{one['seconds']:.1f}")
        for what, one in found.items()
    ]
    return Table("Where the time goes", ("What", "Count", "Seconds"), rows, numbers=("Count", "Seconds"))


def _inventory(files: list[dict[str, Any]]) -> Table:
    rows = []
    for one in files:
        named = list(one["globals"][:_GLOBALS_SHOWN])
        if len(one["globals"]) > _GLOBALS_SHOWN:
            named.append(f"and {len(one['globals']) - _GLOBALS_SHOWN} more")
        told = "; ".join([*one["problems"], *one["open"], *named])
        rows.append(
            (
                one["path"],
                one["kind"],
                f"{one['size']:,}",
                one["sha256"][:16],
                Cell(told, "bad" if one["problems"] else ""),
            )
        )
    columns = ("File", "Kind", "Bytes", "SHA-256, first 16", "What loading it would look up")
    note = "Read without loading anything."
    return Table("The model folder", columns, rows, numbers=("Bytes",), note=note)
