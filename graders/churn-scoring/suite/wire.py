"""The HTTP client of the checks. It can be used from many threads, and is bounded in bytes and in time however an answer drips.

A request is one connection: nothing of an answer can be left over for the next one.
"""

import http.client
import io
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
from takehome_suite import strict_json
from takehome_suite.client import Answer, Exchange, Recorder
from takehome_suite.outcome import NoAnswer, Unmet, short

ANSWER_BYTES = 4 << 20
KEPT_BYTES = 4 << 10
SECONDS = 20.0
BATCH_SECONDS = 60.0
_AGENT = "python-requests/2.32.5"


class TooSlow(NoAnswer):
    """The connection held, but the answer was not complete in time."""


class Wire:
    """A client of one base URL."""

    def __init__(self, base_url: str, recorder: Recorder) -> None:
        parts = urlsplit(base_url)
        assert parts.hostname is not None and parts.port is not None
        self.base_url = base_url
        self._address = (parts.hostname, parts.port)
        self._recorder = recorder
        self._lock = threading.Lock()

    def get(self, path: str, *, seconds: float = SECONDS) -> Answer:
        return self._exchange("GET", path, b"", seconds)

    def post(self, body: bytes, *, sent: Callable[[], None] | None = None) -> Answer:
        """A request to `/predict`. `sent` is called when all of it was sent, or the connection was lost before."""
        return self._exchange("POST", "/predict", body, BATCH_SECONDS, sent)

    def _exchange(
        self, method: str, path: str, body: bytes, seconds: float, sent: Callable[[], None] | None = None
    ) -> Answer:
        headers = {"Host": "{}:{}".format(*self._address), "User-Agent": _AGENT, "Accept": "application/json"}
        if method == "POST":
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        headers["Connection"] = "close"
        exchange = Exchange(method, self.base_url + path, headers, body[:KEPT_BYTES], self._recorder.now_ms())
        began = time.monotonic()
        try:
            head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            raw = f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body
            status, received, payload = self._send(raw, method, began + seconds, sent)
        except (OSError, http.client.HTTPException, EOFError) as error:
            exchange.error = _plain(error)
            raise (TooSlow if isinstance(error, TimeoutError) else NoAnswer)(
                f"{exchange.name} got no answer: {exchange.error}.",
                expected="an HTTP answer",
                observed=exchange.error,
            ) from None
        else:
            exchange.status, exchange.response_headers = status, dict(received)
            exchange.response_body = payload[:KEPT_BYTES]
        finally:
            exchange.took_ms = int((time.monotonic() - began) * 1000)
            with self._lock:
                self._recorder.add(exchange)
        return Answer(status, received, payload, exchange)

    def _send(
        self, raw: bytes, method: str, deadline: float, sent: Callable[[], None] | None
    ) -> tuple[int, httpx.Headers, bytes]:
        with socket.create_connection(self._address, timeout=max(deadline - time.monotonic(), 0.001)) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reset: OSError | None = None
            try:
                sock.sendall(raw)
            except OSError as error:
                # A server may refuse a large body by its head, and close.
                reset = error
            if sent is not None:
                sent()
            # Of a socket it uses `makefile` only.
            bounded = cast(socket.socket, _Bounded(sock, deadline))
            response = http.client.HTTPResponse(bounded, method=method)
            try:
                response.begin()
                payload = response.read(ANSWER_BYTES + 1)
            except (OSError, http.client.HTTPException) as error:
                raise reset or error from None
            if len(payload) > ANSWER_BYTES:
                raise EOFError(f"an answer larger than {ANSWER_BYTES} bytes")
            return response.status, httpx.Headers(response.getheaders()), payload


class _Bounded(io.RawIOBase):
    """What `HTTPResponse` takes for a socket: reads until the deadline, and no more bytes than an answer may have."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline
        self._left = 2 * ANSWER_BYTES

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("no complete answer in time")
        if self._left <= 0:
            raise EOFError(f"an answer larger than {ANSWER_BYTES} bytes")
        self._sock.settimeout(left)
        count = self._sock.recv_into(buffer)
        self._left -= count
        return count


def _plain(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no complete answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused"
    if isinstance(error, ConnectionError | http.client.RemoteDisconnected):
        return "the connection was closed"
    return short(str(error) or type(error).__name__, 80)


def strict_object(answer: Answer) -> dict[str, Any]:
    """The body as a JSON object: without NaN, without a name that is there twice."""
    try:
        value = strict_json.loads(answer.body)
    except ValueError as error:
        raise Unmet(
            f"The answer to {answer.exchange.name} should be JSON, but is not: {short(str(error), 80)}.",
            expected="a JSON object",
            observed=short(answer.text),
        ) from None
    if not isinstance(value, dict):
        raise Unmet(
            f"The answer to {answer.exchange.name} should be a JSON object, but is not.",
            expected="a JSON object",
            observed=short(answer.text),
        )
    return value
