"""Runs references on generated data sets and prints how their outputs differ from the expected results, by rule.

python3 compare.py strong-stdlib strong-pandas --profiles all --seeds 1:11 --rows 400 --venv VENV
python3 compare.py strong-stdlib --scenarios        unusable input, runs that are killed, locks, reruns
python3 compare.py keep-first per-file --checks     which of the proposed checks a reference loses
"""

import argparse
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

# The suites' package is beside the graders; in the examiner it is on the path.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "common"))

import scenarios
from checks import CHECKS, IN_TURN, Bench
from generator import PROFILES, generate
from outputs import Difference, compare_all
from takehome_suite.reference import materialize

REFERENCES = Path(__file__).resolve().parents[1] / "references"
_SHOWN = 4
_LONGEST = 150.0
_LOCKED_SECONDS = 3.0
_ROOM = 100_000


@dataclass(frozen=True)
class Ended:
    status: int
    seconds: float
    stderr: str


class Runner:
    """Starts a submission as the brief says: in its own folder, with little in the environment."""

    def __init__(self, submission: Path, venv: Path) -> None:
        self.submission = submission
        self._environment = {
            "PATH": f"{venv}/bin:/usr/bin:/bin",
            "HOME": "/nonexistent",
            "PYTHONDONTWRITEBYTECODE": "1",
            "LC_ALL": "C",
        }

    def run(
        self,
        source: Path,
        output: Path,
        *,
        kill_after: float | None = None,
        locked: str | None = None,
        look: Callable[[Path], None] | None = None,
        full: bool = False,
        **environment: str,
    ) -> Ended:
        holder = _lock(source, output, locked) if locked else None
        begun = time.monotonic()
        process = subprocess.Popen(
            ["sh", "./run.sh", "analyze", "--input", str(source), "--output", str(output)],
            cwd=self.submission,
            env={**self._environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=_no_room if full else None,
        )
        while look is not None and process.poll() is None:
            look(output)
            time.sleep(0.001)
        try:
            _, stderr = process.communicate(timeout=kill_after or _LONGEST)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            _, stderr = process.communicate()
        if holder is not None:
            holder.join()
        return Ended(process.returncode, time.monotonic() - begun, stderr)


def _no_room() -> None:
    """Files end at a size that not all outputs have; Python sees that as an error of the write."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (_ROOM, _ROOM))


def _lock(source: Path, output: Path, which: str) -> threading.Timer:
    path = source / "reference.db" if which == "input" else output / "warehouse.sqlite"
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN EXCLUSIVE")
    timer = threading.Timer(_LOCKED_SECONDS, holder.close)
    timer.start()
    return timer


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("references", nargs="+", help="names below references/")
    parser.add_argument("--profiles", default="all", help="names with commas between them")
    parser.add_argument("--seeds", default="1:3", help="FIRST:END, without END")
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--rules", help="only these rules are exercised")
    parser.add_argument(
        "--venv", type=Path, default=Path(sys.prefix), help="a virtual environment with the packages"
    )
    parser.add_argument("--scenarios", action="store_true")
    parser.add_argument("--checks", nargs="?", const="all", help="all, or ids with commas between them")
    parser.add_argument("--quiet", action="store_true", help="only counts, by rule")
    chosen = parser.parse_args()
    bad = 0
    for name in chosen.references:
        with tempfile.TemporaryDirectory(prefix="compare-") as folder:
            submission = materialize(REFERENCES / name, Path(folder) / "submission")
            runner = Runner(submission, chosen.venv)
            if chosen.checks:
                bad += _check(name, runner, chosen, Path(folder))
                continue
            place = Path(folder)
            found = _scenarios(runner, place) if chosen.scenarios else _sets(runner, chosen, place)
            bad += _print(name, found, chosen.quiet)
    return 1 if bad else 0


def _sets(runner: Runner, chosen: argparse.Namespace, folder: Path) -> Iterator[tuple[str, list[Difference]]]:
    profiles = sorted(PROFILES) if chosen.profiles == "all" else chosen.profiles.split(",")
    rules = chosen.rules.split(",") if chosen.rules else None
    first, end = (int(seed) for seed in chosen.seeds.split(":"))
    for profile in profiles:
        for seed in range(first, end):
            data = generate(profile, seed, chosen.rows, rules)
            source, output = folder / "input", folder / "output"
            for path in (source, output):
                shutil.rmtree(path, ignore_errors=True)
            data.write(source)
            ended = runner.run(source, output)
            label = f"{profile} seed {seed} ({ended.seconds:.1f} s)"
            if ended.status != 0:
                last = ended.stderr.strip().splitlines()[-1:] or [""]
                yield label, [Difference("exit status", "exit", last[0], 0, ended.status)]
            else:
                yield label, list(compare_all(output, data.expected))


def _scenarios(runner: Runner, folder: Path) -> Iterator[tuple[str, list[Difference]]]:
    for label, check in scenarios.SCENARIOS.items():
        place = folder / label
        place.mkdir()
        yield label, list(check(runner, place))


def _check(name: str, runner: Runner, chosen: argparse.Namespace, folder: Path) -> int:
    """Runs the checks and says whether exactly those were lost that the reference names. Returns 1 if not."""
    manifest = tomllib.loads((REFERENCES / name / "reference.toml").read_text(encoding="utf-8"))
    bench = Bench(runner, folder, int(chosen.seeds.split(":")[0]))
    lost = []
    wanted = None if chosen.checks == "all" else chosen.checks.split(",")
    for check in IN_TURN:
        if wanted is not None and check.id not in wanted:
            continue
        found = list(check.run(bench))
        if found:
            lost.append(check.id)
            bench.failed.add(check.id)
            bench.failed_rules.update(check.rules)
            if not chosen.quiet:
                print(f"{name} loses {check.id}: {len(found)} differences")
                for difference in found[:_SHOWN]:
                    print(f"    {difference}")
    everything = [check.id for check in CHECKS] if manifest["kind"] == "starter" else []
    expected = [id for id in manifest.get("loses", everything) if wanted is None or id in wanted]
    right = sorted(lost) == sorted(expected)
    print(
        f"{name}: {'as expected' if right else 'UNEXPECTED'}, loses {', '.join(lost) or 'nothing'}",
        flush=True,
    )
    return 0 if right else 1


def _print(name: str, results: Iterator[tuple[str, list[Difference]]], quiet: bool) -> int:
    runs = bad = 0
    by_rule: Counter[str] = Counter()
    for label, found in results:
        runs += 1
        bad += bool(found)
        by_rule.update(difference.rule for difference in found)
        if found and not quiet:
            print(f"{name} {label}: {len(found)} differences")
            for difference in found[:_SHOWN]:
                print(f"    {difference}")
        sys.stdout.flush()
    counts = ", ".join(f"{rule} {count}" for rule, count in sorted(by_rule.items()))
    print(f"{name}: {runs - bad} of {runs} alike{'; ' + counts if counts else ''}", flush=True)
    return bad


if __name__ == "__main__":
    sys.exit(main())
