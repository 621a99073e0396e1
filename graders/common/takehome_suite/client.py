"""The HTTP client of the suites: records every exchange, follows nothing, and is bounded in size and time.

The answer comes from untrusted code. A deadline from the operating system ends an exchange that drips bytes,
which the time-outs of an HTTP library (they start again at each byte) do not.
"""

import json
import random
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import httpx

from takehome_suite.outcome import NoAnswer, Unmet, short

ANSWER_BYTES = 1 << 20
ANSWER_SECONDS = 10.0
ANSWER_LEVELS = 64

# What clients of a JSON service send in practice. Nothing in a request tells a grader from a user.
USER_AGENTS = (
    "python-httpx/0.28.1",
    "python-requests/2.32.5",
    "curl/8.14.1",
    "axios/1.12.2",
    "okhttp/4.12.0",
    "Go-http-client/1.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
)


class _TooSlow(Exception):
    """Raised by the timer in the middle of an exchange."""


@dataclass
class Exchange:
    """One request and what came back. Times are milliseconds since the session began."""

    method: str
    url: str
    request_headers: dict[str, str]
    request_body: bytes
    at_ms: int
    took_ms: int = 0
    status: int | None = None
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: bytes = b""
    error: str | None = None

    @property
    def name(self) -> str:
        """The request as it may stand in a sentence."""
        return f"{self.method} {short(urlsplit(self.url).path, 60)}"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, as plain values."""

    status: int
    headers: httpx.Headers
    body: bytes
    exchange: Exchange

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 are shown as replacement characters."""
        return self.body.decode("utf-8", "replace")

    @property
    def media_type(self) -> str:
        """The content type without its parameters, in lower case."""
        return str(self.headers.get("content-type", "")).split(";")[0].strip().lower()

    def json(self) -> Any:
        """The body as a JSON value; the test fails when it is none."""
        try:
            value = json.loads(self.body, parse_constant=_refuse)
            if not _is_shallow(value):
                raise ValueError("deeper than any answer has to be")
            return value
        except (ValueError, RecursionError):
            raise Unmet(
                f"The answer to {self.exchange.name} should be JSON, but is not.",
                expected="a JSON body",
                observed=short(self.text),
            ) from None

    def object(self) -> dict[str, Any]:
        """The body as a JSON object; the test fails when it is none."""
        value = self.json()
        if not isinstance(value, dict):
            raise Unmet(
                f"The answer to {self.exchange.name} should be a JSON object, but is not.",
                expected="a JSON object",
                observed=short(self.text),
            )
        return value


class Recorder:
    """Keeps the exchanges of the test that is running, and tells those who watch of every one."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.exchanges: list[Exchange] = []
        self.watchers: list[Any] = []
        self.waited_seconds = 0.0
        self.count = 0

    def clear(self) -> None:
        """Forgets the exchanges so far: a new test, or a new attempt of a generated one."""
        self.exchanges = []

    def show(self, exchange: Exchange) -> None:
        """A proof shows the last exchanges; this one of earlier is to be the very last."""
        self.exchanges = [one for one in self.exchanges if one is not exchange] + [exchange]

    def now_ms(self) -> int:
        """Milliseconds since the session began."""
        return int((time.monotonic() - self.started) * 1000)

    def add(self, exchange: Exchange) -> None:
        """Takes a finished exchange."""
        # A generated test makes thousands of exchanges; a proof shows the last few.
        if len(self.exchanges) >= 200:
            del self.exchanges[:100]
        self.exchanges.append(exchange)
        self.count += 1
        self.waited_seconds += exchange.took_ms / 1000
        for watcher in self.watchers:
            watcher(exchange)


class Client:
    """A client of one base URL."""

    def __init__(self, base_url: str, recorder: Recorder, rng: random.Random, user_agent: str) -> None:
        self.base_url = base_url.rstrip("/")
        self._recorder = recorder
        self._rng = rng
        self._user_agent = user_agent
        self._http = self._open()

    def request(
        self,
        method: str,
        target: str,
        *,
        body: Any = None,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Sends one request. `target` is sent byte by byte as given; `body` as JSON, `raw` as it is.

        Raises `NoAnswer` when there is no HTTP answer, which fails the test.
        """
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        sent = {"User-Agent": self._user_agent, "Accept": "application/json", "Accept-Encoding": "identity"}
        if raw is not None or body is not None:
            sent["Content-Type"] = "application/json"
        sent["X-Request-ID"] = f"{self._rng.getrandbits(128):032x}"
        sent.update(headers or {})
        exchange = Exchange(method, self.base_url + target, dict(sent), content, self._recorder.now_ms())
        began = time.monotonic()
        try:
            with _deadline(ANSWER_SECONDS):
                status, received, payload = self._send(method, target, content, sent)
        except _TooSlow:
            self._reopen()
            raise self._no_answer(
                exchange, began, f"no complete answer within {ANSWER_SECONDS:.0f} s"
            ) from None
        except (httpx.TransportError, httpx.DecodingError, OSError) as error:
            self._reopen()
            raise self._no_answer(exchange, began, _plain(error)) from None
        exchange.took_ms = int((time.monotonic() - began) * 1000)
        exchange.status = status
        exchange.response_headers = dict(received)
        exchange.response_body = payload
        self._recorder.add(exchange)
        return Answer(status, received, payload, exchange)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _send(
        self, method: str, target: str, content: bytes, headers: Mapping[str, str]
    ) -> tuple[int, httpx.Headers, bytes]:
        # The extension puts the target on the wire as it is; a parsed URL would be normalised.
        encoded = [(name.encode("ascii"), value.encode("utf-8")) for name, value in headers.items()]
        request = self._http.build_request(method, self.base_url, content=content or None, headers=encoded)
        request.extensions = {**request.extensions, "target": target.encode("ascii")}
        response = self._http.send(request, stream=True)
        try:
            payload = bytearray()
            for chunk in response.iter_raw():
                payload += chunk
                if len(payload) > ANSWER_BYTES:
                    raise httpx.DecodingError(f"an answer larger than {ANSWER_BYTES} bytes")
            return response.status_code, response.headers, bytes(payload)
        finally:
            response.close()

    def _no_answer(self, exchange: Exchange, began: float, error: str) -> NoAnswer:
        exchange.took_ms = int((time.monotonic() - began) * 1000)
        exchange.error = error
        self._recorder.add(exchange)
        return NoAnswer(
            f"{exchange.name} got no answer: {error}.",
            expected="an HTTP answer",
            observed=error,
        )

    def _open(self) -> httpx.Client:
        # Idle connections are dropped long before a server would (2 to 5 s are usual), so that a request
        # never meets a connection that the server is just closing. No settings from the environment.
        limits = httpx.Limits(keepalive_expiry=0.5)
        return httpx.Client(timeout=ANSWER_SECONDS, limits=limits, follow_redirects=False, trust_env=False)

    def _reopen(self) -> None:
        self._http.close()
        self._http = self._open()


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _is_shallow(value: Any) -> bool:
    layer = [value]
    for _ in range(ANSWER_LEVELS):
        layer = [
            inner
            for outer in layer
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not layer:
            return True
    return False


@contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise _TooSlow

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _plain(error: Exception) -> str:
    names = {
        httpx.ConnectError: "the connection was refused",
        httpx.ReadError: "the connection was reset",
        httpx.WriteError: "the connection was closed while the request was sent",
        httpx.RemoteProtocolError: "the connection was closed early or the answer was not HTTP",
        httpx.ReadTimeout: "no answer in time",
    }
    for kind, text in names.items():
        if isinstance(error, kind):
            return text
    return short(str(error) or type(error).__name__, 80)
