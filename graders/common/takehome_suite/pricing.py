"""The control channel of the fake pricing service: one JSON line out, one back, over a unix socket."""

import json
import socket
from dataclasses import dataclass
from typing import Any

from takehome_suite.outcome import Inconclusive

# For an order that waits for nothing.
CONTROL_SECONDS = 5.0


@dataclass(frozen=True)
class Call:
    """A call that the pricing service received. Moments are milliseconds since the service began."""

    at_ms: int
    method: str
    target: str
    # None before it is answered, and when it got no answer.
    status: int | None
    price_cents: int | None
    # When it was parked at a gate; None when it never was.
    parked_ms: int | None
    # When its answer went out, or it was given up; None while it waits.
    done_ms: int | None
    # The caller closed before its answer.
    gone: bool


@dataclass(frozen=True)
class Parked:
    """What a gate sees."""

    # 0 once the gate is open.
    now: int
    # The most that were parked at once, since the gate was made.
    max: int


@dataclass(frozen=True)
class Behaviour:
    """How a call for a price is answered. Waits are at most 30 s; then the connection is closed without an answer."""

    members: dict[str, Any]

    @classmethod
    def price(cls, price_cents: int) -> "Behaviour":
        """200 with a price."""
        return cls({"kind": "price", "price_cents": price_cents})

    @classmethod
    def status(cls, status: int) -> "Behaviour":
        """A status without a price."""
        return cls({"kind": "status", "status": status})

    @classmethod
    def body(cls, body: str, *, status: int = 200, content_type: str = "application/json") -> "Behaviour":
        """Exactly this answer."""
        return cls({"kind": "body", "status": status, "content_type": content_type, "body": body})

    @classmethod
    def hold(cls, gate: str, price_cents: int) -> "Behaviour":
        """Parked until the gate opens, then a price. A gate that does not exist is made, to open by release only."""
        return cls({"kind": "hold", "gate": gate, "price_cents": price_cents})

    @classmethod
    def slow(cls, after_ms: int, price_cents: int) -> "Behaviour":
        """A price after a delay."""
        then = {"kind": "price", "price_cents": price_cents}
        return cls({"kind": "late", "after_ms": after_ms, "then": then})

    @classmethod
    def hang(cls) -> "Behaviour":
        """No answer, until the caller goes."""
        return cls({"kind": "hang"})

    @classmethod
    def drip(cls, every_ms: int, price_cents: int) -> "Behaviour":
        """A price, the whole answer byte by byte (about 110)."""
        return cls({"kind": "drip", "every_ms": every_ms, "price_cents": price_cents})

    @classmethod
    def close(cls) -> "Behaviour":
        """The connection is closed before any byte."""
        return cls({"kind": "close"})

    @classmethod
    def cut(cls) -> "Behaviour":
        """The connection is closed in the middle of the content."""
        return cls({"kind": "cut"})

    @classmethod
    def redirect(cls, location: str) -> "Behaviour":
        """302 to somewhere else."""
        return cls({"kind": "redirect", "location": location})

    @classmethod
    def sequence(cls, *then: "Behaviour") -> "Behaviour":
        """The n-th call from now gets the n-th of these, every further one the last."""
        return cls({"kind": "sequence", "then": [behaviour.members for behaviour in then]})


class Pricing:
    """Sets what the pricing service answers for a sku and tells which calls it received.

    A sku of `None` is every sku without a behaviour of its own.
    """

    def __init__(self, control: str) -> None:
        self._control = control

    def behaviour(self, sku: str | None, behaviour: Behaviour) -> None:
        """Calls for the sku are answered like this from now on."""
        self._ask({"op": "set", "sku": sku, "behaviour": behaviour.members})

    def price(self, sku: str | None, price_cents: int) -> None:
        """The sku has this price."""
        self.behaviour(sku, Behaviour.price(price_cents))

    def status(self, sku: str | None, status: int) -> None:
        """Calls for the sku are answered with this status."""
        self.behaviour(sku, Behaviour.status(status))

    def body(
        self, sku: str | None, body: str, *, status: int = 200, content_type: str = "application/json"
    ) -> None:
        """Calls for the sku are answered with this body."""
        self.behaviour(sku, Behaviour.body(body, status=status, content_type=content_type))

    def hold(self, sku: str | None, gate: str, price_cents: int) -> None:
        """Calls for the sku are parked until the gate opens."""
        self.behaviour(sku, Behaviour.hold(gate, price_cents))

    def slow(self, sku: str | None, after_ms: int, price_cents: int) -> None:
        """Calls for the sku are answered after a delay."""
        self.behaviour(sku, Behaviour.slow(after_ms, price_cents))

    def hang(self, sku: str | None) -> None:
        """Calls for the sku are not answered."""
        self.behaviour(sku, Behaviour.hang())

    def drip(self, sku: str | None, every_ms: int, price_cents: int) -> None:
        """Calls for the sku are answered byte by byte."""
        self.behaviour(sku, Behaviour.drip(every_ms, price_cents))

    def close(self, sku: str | None) -> None:
        """Calls for the sku are closed before any byte."""
        self.behaviour(sku, Behaviour.close())

    def cut(self, sku: str | None) -> None:
        """Calls for the sku are closed in the middle of the content."""
        self.behaviour(sku, Behaviour.cut())

    def redirect(self, sku: str | None, location: str) -> None:
        """Calls for the sku are sent somewhere else."""
        self.behaviour(sku, Behaviour.redirect(location))

    def sequence(self, sku: str | None, *then: Behaviour) -> None:
        """The n-th call for the sku from now gets the n-th of these, every further one the last."""
        self.behaviour(sku, Behaviour.sequence(*then))

    def gate(self, name: str, *, count: int | None = None, within_ms: int | None = None) -> None:
        """Makes a closed gate; one of this name that exists opens first.

        It opens when `count` calls are parked at once, `within_ms` after the first one was, or by `release`.
        """
        self._ask({"op": "gate", "name": name, "count": count, "within_ms": within_ms})

    def release(self, name: str) -> None:
        """Opens the gate for good: calls that come later pass."""
        self._ask({"op": "release", "name": name})

    def parked(self, name: str, at_least: int = 0, *, within_ms: int = 0) -> Parked:
        """Waits until so many calls are parked at once, the gate is open, or the time has passed (30 s at most)."""
        question = {"op": "parked", "name": name, "at_least": at_least, "within_ms": within_ms}
        answer = self._ask(question, longer=within_ms / 1000)
        return Parked(now=int(answer["parked"]), max=int(answer["parked_max"]))

    def forget(self) -> None:
        """Drops all behaviours and gates, and lets parked calls go on. The calls so far are kept."""
        self._ask({"op": "forget"})

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
                parked_ms=call.get("parked_ms"),
                done_ms=call.get("done_ms"),
                gone=bool(call.get("gone")),
            )
            for call in answer["calls"]
        ]

    def _ask(self, question: dict[str, Any], *, longer: float = 0.0) -> dict[str, Any]:
        # A connection a question: no state that one test could leave to another.
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
                channel.settimeout(CONTROL_SECONDS + longer)
                channel.connect(self._control)
                channel.sendall(json.dumps(question).encode() + b"\n")
                line = channel.makefile("rb").readline()
        except OSError as error:
            raise Inconclusive(f"Inconclusive: the pricing service cannot be controlled ({error}).") from None
        answer: dict[str, Any] = json.loads(line or b'{"ok": false, "error": "no answer"}')
        if not answer.get("ok"):
            raise Inconclusive(f"Inconclusive: the pricing service refused an order: {answer.get('error')}.")
        return answer
