"""Runs the checks on references, in processes, and says whether exactly those are lost that `reference.toml` names.

python3 compare.py strong-sklearn strong-onnx --seeds 1:6 --venv VENV
python3 compare.py leaky --only auc-floor,leak-closure-code --venv VENV
python3 compare.py strong-sklearn --report report.json --venv VENV
"""

import argparse
import json
import sys
import tempfile
import time
import tomllib
from pathlib import Path

# The suites' package is beside the graders; in the examiner it is on the path.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "common"))

from bench import Bench
from checks import CHECKS
from native import NativeRunner
from report_data import report_data
from takehome_suite.client import Recorder
from takehome_suite.outcome import Inconclusive, Unmet
from takehome_suite.reference import materialize

REFERENCES = Path(__file__).resolve().parents[1] / "references"
_SHOWN = 4


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("references", nargs="+", help="names below references/")
    parser.add_argument("--seeds", default="1:2", help="FIRST:END, without END")
    parser.add_argument("--only", help="ids of checks with commas between them")
    parser.add_argument("--skip", default="", help="ids of checks that are left out")
    parser.add_argument("--venv", type=Path, default=Path(sys.prefix), help="has the packages of submissions")
    parser.add_argument("--report", type=Path, help="write the data for the report here")
    parser.add_argument("--times", action="store_true", help="print how long each check takes")
    chosen = parser.parse_args()
    first, end = (int(seed) for seed in chosen.seeds.split(":"))
    unexpected = 0
    for name in chosen.references:
        for seed in range(first, end):
            unexpected += not _as_expected(name, seed, chosen)
    return 1 if unexpected else 0


def _as_expected(name: str, seed: int, chosen: argparse.Namespace) -> bool:
    manifest = tomllib.loads((REFERENCES / name / "reference.toml").read_text(encoding="utf-8"))
    only, skip = (chosen.only or "").split(","), chosen.skip.split(",")
    wanted = [check for check in CHECKS if check.id not in skip and (not chosen.only or check.id in only)]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        submission = materialize(REFERENCES / name, Path(folder) / "submission")
        place = Path(folder) / "work"
        place.mkdir()
        runner = NativeRunner(submission, chosen.venv, place)
        try:
            tables = {name for check in wanted for name in check.tables}
            bench = Bench(runner, Recorder(), seed, tables)
            lost = [check.id for check in wanted if _lost(name, check.id, bench, chosen.times)]
            if chosen.report:
                chosen.report.write_text(json.dumps(report_data(bench), indent=1) + "\n", encoding="utf-8")
        finally:
            runner.close()
    ids = {check.id for check in wanted}
    if manifest["kind"] == "starter":
        points = sum(worth for id, worth in _points().items() if id in ids - set(lost))
        right = points <= int(manifest["max_points"])
        print(f"{name} seed {seed}: {'as expected' if right else 'UNEXPECTED'}, {points} points")
        return right
    must, may = ids.intersection(manifest["loses"]), ids.intersection(manifest.get("also", []))
    right = must <= set(lost) and set(lost) <= must | may
    print(
        f"{name} seed {seed}: {'as expected' if right else 'UNEXPECTED'}, loses {', '.join(lost) or 'nothing'}"
        f" ({time.monotonic() - began:.0f} s)",
        flush=True,
    )
    return right


def _points() -> dict[str, int]:
    """What each check is worth."""
    rubric = tomllib.loads((REFERENCES.parent / "rubric.toml").read_text(encoding="utf-8"))
    return {check["id"]: check["points"] for criterion in rubric["criterion"] for check in criterion["check"]}


def _lost(name: str, id: str, bench: Bench, times: bool) -> bool:
    check = next(check for check in CHECKS if check.id == id)
    began = time.monotonic()
    try:
        found = [str(difference) for difference in check.run(bench)]
    except Inconclusive as error:
        print(f"{name}: {id} is inconclusive: {error.message}")
        found = []
    except Unmet as error:
        found = [f"{type(error).__name__}: {error.message} {error.observed or ''}"]
    if times:
        print(f"{id}: {time.monotonic() - began:.1f} s")
    for difference in found[:_SHOWN]:
        print(f"{name} loses {id}: {difference[:700]}")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
