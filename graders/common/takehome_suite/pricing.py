"""The control channel of the fake pricing service: one JSON line out, one back, over a unix socket."""

import json
import socket
from dataclasses import dataclass
from typing import Any

from takehome_suite.outcome import Inconclusive

CONTROL_SECONDS = 5.0


@dataclass(frozen=True)
class Call:
    """A call that the pricing service received."""

    at_ms: int
    method: str
    target: str
    status: int | None
    price_cents: int | None


class Pricing:
    """Sets what the pricing service answers for a sku and tells which calls it received."""

    def __init__(self, control: str) -> None:
        self._control = control

    def price(self, sku: str | None, price_cents: int) -> None:
        """The sku has this price from now on; `None` sets the default of all skus without a behaviour."""
        self._set(sku, {"kind": "price", "price_cents": price_cents})

    def status(self, sku: str | None, status: int) -> None:
        """Calls for the sku are answered with this status."""
        self._set(sku, {"kind": "status", "status": status})

    def body(
        self, sku: str | None, body: str, *, status: int = 200, content_type: str = "application/json"
    ) -> None:
        """Calls for the sku are answered with this body."""
        self._set(sku, {"kind": "body", "status": status, "content_type": content_type, "body": body})

    def calls(self, sku: str) -> list[Call]:
        """The calls for the sku so far, in order."""
        answer = self._ask({"op": "calls", "sku": sku})
        return [
            Call(
                at_ms=int(call["at_ms"]),
                method=str(call["method"]),
                target=str(call["target"]),
                status=call.get("status"),
                price_cents=call.get("price_cents"),
            )
            for call in answer["calls"]
        ]

    def _set(self, sku: str | None, behaviour: dict[str, Any]) -> None:
        self._ask({"op": "set", "sku": sku, "behaviour": behaviour})

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        # A connection a question: no state that one test could leave to another.
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
                channel.settimeout(CONTROL_SECONDS)
                channel.connect(self._control)
                channel.sendall(json.dumps(question).encode() + b"\n")
                line = channel.makefile("rb").readline()
        except OSError as error:
            raise Inconclusive(f"Inconclusive: the pricing service cannot be controlled ({error}).") from None
        answer: dict[str, Any] = json.loads(line or b'{"ok": false, "error": "no answer"}')
        if not answer.get("ok"):
            raise Inconclusive(f"Inconclusive: the pricing service refused an order: {answer.get('error')}.")
        return answer
