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
    done_ms: int | None
    gone: bool


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

    def hold(self, sku: str | None, gate: str, price_cents: int) -> None:
        """Calls for the sku wait at the gate; then they get the price."""
        self._set(sku, {"kind": "hold", "gate": gate, "price_cents": price_cents})

    def late(self, sku: str | None, after_ms: int, price_cents: int) -> None:
        """Calls for the sku get the price after so many milliseconds."""
        then = {"kind": "price", "price_cents": price_cents}
        self._set(sku, {"kind": "late", "after_ms": after_ms, "then": then})

    def hang(self, sku: str | None) -> None:
        """Calls for the sku are never answered."""
        self._set(sku, {"kind": "hang"})

    def drip(self, sku: str | None, every_ms: int, price_cents: int) -> None:
        """Calls for the sku get their answer byte by byte."""
        self._set(sku, {"kind": "drip", "every_ms": every_ms, "price_cents": price_cents})

    def close(self, sku: str | None, *, midway: bool = False) -> None:
        """Connections for the sku are closed, before any byte or in the middle of the content."""
        self._set(sku, {"kind": "cut" if midway else "close"})

    def redirect(self, sku: str | None, location: str) -> None:
        """Calls for the sku are sent elsewhere."""
        self._set(sku, {"kind": "redirect", "location": location})

    def gate(self, name: str, *, count: int | None = None, within_ms: int | None = None) -> None:
        """A gate that opens by hand, when `count` calls wait, or `within_ms` after the first one came."""
        self._ask({"op": "gate", "name": name, "count": count, "within_ms": within_ms})

    def release(self, name: str) -> None:
        """Opens a gate."""
        self._ask({"op": "release", "name": name})

    def parked(self, name: str, at_least: int, within_ms: int) -> int:
        """How many calls wait at a gate: once there are so many, or when the time is over."""
        question = {"op": "parked", "name": name, "at_least": at_least, "within_ms": within_ms}
        answer = self._ask(question, waits=within_ms / 1000)
        return int(answer["parked"])

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
                done_ms=call.get("done_ms"),
                gone=bool(call.get("gone")),
            )
            for call in answer["calls"]
        ]

    def _set(self, sku: str | None, behaviour: dict[str, Any]) -> None:
        self._ask({"op": "set", "sku": sku, "behaviour": behaviour})

    def _ask(self, question: dict[str, Any], *, waits: float = 0.0) -> dict[str, Any]:
        # A connection a question: no state that one test could leave to another.
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
                channel.settimeout(CONTROL_SECONDS + waits)
                channel.connect(self._control)
                channel.sendall(json.dumps(question).encode() + b"\n")
                line = channel.makefile("rb").readline()
        except OSError as error:
            raise Inconclusive(f"Inconclusive: the pricing service cannot be controlled ({error}).") from None
        answer: dict[str, Any] = json.loads(line or b'{"ok": false, "error": "no answer"}')
        if not answer.get("ok"):
            raise Inconclusive(f"Inconclusive: the pricing service refused an order: {answer.get('error')}.")
        return answer
