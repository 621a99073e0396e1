"""Questions to the orchestrator: what only it can do. One JSON line each way, over a socket in the examiner."""

import json
import socket
from collections.abc import Mapping
from typing import Any

from takehome_suite.limits import Clock
from takehome_suite.outcome import Inconclusive, NotAssessable
from takehome_suite.run import Run


class Orchestrator:
    """Asks, and waits for the answer. May be used by several threads."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._clock = Clock()

    def require_time(self) -> None:
        """Ends the test when the time for all that candidate code does is used up."""
        if self._clock.counted() > self._run.budget_seconds:
            budget = f"{self._run.budget_seconds:.0f} s"
            raise NotAssessable(f"Not assessable: the time for all runs ({budget}) was used up before.")

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The orchestrator's reply."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
                channel.connect(self._run.ask)
                channel.sendall(json.dumps(question).encode() + b"\n")
                line = channel.makefile("rb").readline()
        except OSError as error:
            raise Inconclusive(f"Inconclusive: the orchestrator cannot be asked ({error}).") from None
        if not line:
            raise Inconclusive("Inconclusive: the orchestrator did not answer.")
        reply: dict[str, Any] = json.loads(line)
        return reply
