"""The steps of a run."""

import logging
import sys
from pathlib import Path

import pandas as pd

from orders_audit import answers, narrative
from orders_audit.clean import Outcome, clean_part, latest
from orders_audit.exports import check_header, find_exports, read_export
from orders_audit.lookups import Lookups, read_lookups
from orders_audit.publish import publish

_log = logging.getLogger("orders_audit")


def run(source: Path, output: Path) -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(message)s")
    paths = find_exports(source)
    for path in paths:
        check_header(path)
    lookups = read_lookups(source / "reference.db")
    outcome = _outcome(paths, lookups)
    _log.info("%d rows, %d orders", outcome.rows_in, len(outcome.orders))
    findings = answers.find(outcome, lookups)
    publish(output, outcome, findings.answers, narrative.render(outcome, findings))
    _log.info("outputs are in place")


def _outcome(paths: list[Path], lookups: Lookups) -> Outcome:
    orders, rejects = [], []
    for path in paths:
        raw, unparsable = read_export(path)
        _log.info("%s: %d rows", path.name, len(raw) + len(unparsable))
        good, bad = clean_part(raw, lookups)
        orders.append(good)
        rejects += [bad, unparsable.assign(reason="unparsable")]
    every = pd.concat(orders, ignore_index=True)
    kept = latest(every)
    # The parts come in the order of their names, so lines need no comparison of names.
    turned_down = pd.concat([frame.sort_values("line") for frame in _by_file(rejects)], ignore_index=True)
    return Outcome(kept, turned_down, len(every) - len(kept))


def _by_file(rejects: list[pd.DataFrame]) -> list[pd.DataFrame]:
    """The rejects of each part as one frame; they were collected two and two."""
    return [pd.concat(rejects[at : at + 2], ignore_index=True) for at in range(0, len(rejects), 2)]
