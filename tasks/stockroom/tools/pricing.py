"""A pricing service for development. Standard library only.

    python3 tools/pricing.py --port 9000
    python3 tools/pricing.py --port 9000 --price 250 --delay 1.5
    python3 tools/pricing.py --port 9000 --fail-status 503 --fail-first 2

Without --price, every sku has a price of its own that never changes. The behaviour can also be changed while it
runs: `curl -X PUT -d '{"delay": 3}' http://127.0.0.1:9000/settings` (members: price, delay, fail_status, fail_first).
`GET /calls` shows how often each sku was asked for.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
import zlib
from collections import Counter
from dataclasses import asdict, dataclass, fields, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote


@dataclass(frozen=True)
class Behaviour:
    """How the next answers look. Delays are seconds."""

    price: int | None = None
    delay: float = 0.0
    fail_status: int | None = None
    fail_first: int | None = None


class PricingServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, behaviour: Behaviour) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.lock = threading.Lock()
        self.behaviour = behaviour
        self.calls: Counter[str] = Counter()
        self.failed = 0

    def set_behaviour(self, changes: dict[str, Any]) -> Behaviour:
        known = {field.name for field in fields(Behaviour)}
        with self.lock:
            self.behaviour = replace(
                self.behaviour, **{name: value for name, value in changes.items() if name in known}
            )
            self.failed = 0
            return self.behaviour

    def next_answer(self, sku: str) -> tuple[float, int, dict[str, Any]]:
        """Delay, status and body for one call."""
        with self.lock:
            self.calls[sku] += 1
            now = self.behaviour
            if now.fail_status is not None and (now.fail_first is None or self.failed < now.fail_first):
                self.failed += 1
                return now.delay, now.fail_status, {"error": "scripted failure"}
        price = now.price if now.price is not None else 100 + zlib.crc32(sku.encode()) % 9900
        return now.delay, 200, {"price_cents": price}


class Handler(BaseHTTPRequestHandler):
    server: PricingServer
    prefix = "/v1/price/"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/calls":
            self._answer(200, dict(self.server.calls))
        elif path.startswith(self.prefix) and "/" not in path.removeprefix(self.prefix):
            sku = unquote(path.removeprefix(self.prefix))
            delay, status, body = self.server.next_answer(sku)
            time.sleep(delay)
            self._answer(status, body)
        else:
            self._answer(404, {"error": "not found"})

    def do_PUT(self) -> None:
        if self.path != "/settings":
            self._answer(404, {"error": "not found"})
            return
        try:
            changes = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        except ValueError:
            self._answer(400, {"error": "not JSON"})
            return
        if not isinstance(changes, dict):
            self._answer(400, {"error": "not an object"})
            return
        self._answer(200, asdict(self.server.set_behaviour(changes)))

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except ConnectionError:
            self.log_message("the caller went away before the answer")


def main() -> None:
    parser = argparse.ArgumentParser(description="A pricing service for development.")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--price", type=int, help="one price in cents for every sku")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--fail-status", type=int, help="answer with this status instead of a price")
    parser.add_argument("--fail-first", type=int, help="fail only this many calls, then answer")
    options = parser.parse_args()
    behaviour = Behaviour(options.price, options.delay, options.fail_status, options.fail_first)
    server = PricingServer(options.port, behaviour)
    print(f"pricing on http://127.0.0.1:{options.port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
