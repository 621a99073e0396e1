"""Probes from within a test: the same experiments as those of `probes.toml`, one at a time.

A probe that needs the orchestrator (kill, stop, start) is inconclusive here: those belong into `probes.toml`.
"""

import json
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from takehome_suite import outcome
from takehome_suite.run import Run

PROGRAM = "/usr/local/bin/takehome"
SETUP_FILE = Path("/grader/probes.json")
GRACE_SECONDS = 10


@dataclass(frozen=True)
class Result:
    """How a probe came out, and what it measured."""

    outcome: str
    message: str
    proof: dict[str, Any]
    facts: dict[str, Any]


class Prober:
    """Runs probes on the replicas of the run."""

    def __init__(self, run: Run, program: str = PROGRAM, setup: Path = SETUP_FILE) -> None:
        self._run = run
        self._program = program
        self._setup = setup
        self._count = 0

    def run(
        self,
        kind: str,
        *,
        settings: Mapping[str, int],
        operations: Mapping[str, str],
        seconds: int = 60,
    ) -> Result:
        """Runs one probe: every setting of its kind, and for each role the name of an operation of `probes.toml`."""
        setup: dict[str, Any] = json.loads(self._setup.read_text(encoding="utf-8"))
        # Words of its own: what one probe has created is taken for the next.
        self._count += 1
        setup["seed"] = self._run.random(f"prober/{self._count}").getrandbits(63)
        setup["probes"]["timeout"] = {"secs": seconds, "nanos": 0}
        setup["probes"]["probes"] = [
            {
                "name": "fixture",
                "kind": kind,
                "observe": True,
                "settings": dict(settings),
                "operations": dict(operations),
            }
        ]
        with tempfile.NamedTemporaryFile("w", suffix=".json", dir=self._run.state_dir) as file:
            json.dump(setup, file)
            file.flush()
            done = subprocess.run(
                [self._program, "inside", "probe", "--setup", file.name],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=seconds + GRACE_SECONDS,
                check=False,
            )
        for line in done.stdout.splitlines():
            event = json.loads(line)
            if event.get("event") == "probed":
                return Result(
                    outcome=event["outcome"],
                    message=event["message"],
                    proof=event["proof"] or {},
                    facts=event["facts"] or {},
                )
        raise outcome.Inconclusive(
            f"Inconclusive: the prober ended with {done.returncode} and no result: {done.stderr[-200:]!r}."
        )

    def expect(self, kind: str, **how: Any) -> Result:
        """As `run`; a probe that does not pass ends the test as it came out."""
        result = self.run(kind, **how)
        kinds = {
            outcome.PARTIAL: outcome.Partial,
            outcome.NOT_ASSESSABLE: outcome.NotAssessable,
            outcome.INCONCLUSIVE: outcome.Inconclusive,
        }
        if result.outcome == outcome.PASSED:
            return result
        if result.outcome in kinds:
            raise kinds[result.outcome](
                result.message, expected=result.proof.get("expected"), observed=result.proof.get("observed")
            )
        outcome.fail(
            result.message, expected=result.proof.get("expected"), observed=result.proof.get("observed")
        )
