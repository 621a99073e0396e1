"""The proof of a result that is not a pass: what was expected, what happened, a line that shows it again.

Everything in a proof is bounded and plain ASCII, because it holds bytes that untrusted code chose.
"""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from takehome_suite.client import Exchange

PROOF_BYTES = 24 * 1024
EXCHANGES = 8
BODY_BYTES = 2 * 1024
SECRET_MEMBERS = re.compile(r'("(?:password|access_token|secret)"\s*:\s*")((?:[^"\\]|\\.)*)(")')
SHOWN_HEADERS = frozenset(
    {
        "allow",
        "authorization",
        "content-length",
        "content-type",
        "etag",
        "idempotency-key",
        "if-match",
        "location",
    }
    | {"www-authenticate", "x-request-id"}
)


def build(expected: Any, observed: Any, exchanges: Sequence[Exchange]) -> str:
    """The proof as compact JSON of at most `PROOF_BYTES` bytes."""
    body_limit = BODY_BYTES
    count = EXCHANGES
    while True:
        shown = exchanges[-count:] if count else []
        proof = {
            "expected": _bounded(expected, body_limit),
            "observed": _bounded(observed, body_limit),
            "exchanges": [_exchange(exchange, body_limit) for exchange in shown],
            "reproduce": curl(exchanges[-1]) if exchanges else "",
        }
        text = json.dumps(proof, separators=(",", ":"))
        if len(text) <= PROOF_BYTES or (count == 0 and body_limit <= 64):
            return text
        if body_limit > 256:
            body_limit //= 2
        elif count:
            count -= 1
        else:
            body_limit //= 2


def curl(exchange: Exchange) -> str:
    """The request as one line for a shell; the token is a variable."""
    parts = ["curl", "-i", "--path-as-is", "-X", exchange.method]
    for name, value in exchange.request_headers.items():
        if name.lower() in SHOWN_HEADERS and name.lower() not in {"content-length", "x-request-id"}:
            hidden = name.lower() == "authorization" and value.startswith("Bearer ") and len(value) > 24
            parts += ["-H", f'"{name}: Bearer $TOKEN"' if hidden else shlex.quote(f"{name}: {value}")]
    if exchange.request_body:
        parts += ["--data-binary", shlex.quote(_body(exchange.request_body, 1024))]
    parts.append(shlex.quote(exchange.url))
    return plain(" ".join(parts))[:4096]


def plain(text: str) -> str:
    """ASCII without control characters: safe in XML, in a terminal and in a report."""
    escaped = text.encode("ascii", "backslashreplace").decode("ascii")
    return "".join(char if " " <= char <= "~" else f"\\x{ord(char):02x}" for char in escaped)


def _exchange(exchange: Exchange, body_limit: int) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "at_ms": exchange.at_ms,
        "took_ms": exchange.took_ms,
        "method": exchange.method,
        "url": plain(exchange.url)[:1024],
        "request_headers": _headers(exchange.request_headers),
        "request_body": _body(exchange.request_body, body_limit),
    }
    if exchange.error is not None:
        shown["error"] = plain(exchange.error)[:256]
    else:
        shown["status"] = exchange.status
        shown["response_headers"] = _headers(exchange.response_headers)
        shown["response_body"] = _body(exchange.response_body, body_limit)
    return shown


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    shown = {}
    for name, value in headers.items():
        if name.lower() in SHOWN_HEADERS:
            shown[plain(name)] = plain(_shorten(value) if name.lower() == "authorization" else value)[:256]
    return shown


def _body(body: bytes, limit: int) -> str:
    text = SECRET_MEMBERS.sub(
        lambda match: match[1] + _shorten(match[2]) + match[3], body.decode("utf-8", "replace")
    )
    text = plain(text)
    return text if len(text) <= limit else f"{text[:limit]}... ({len(body)} bytes)"


def _shorten(secret: str) -> str:
    return secret if len(secret) <= 12 else f"{secret[:10]}...({len(secret)} characters)"


def _bounded(value: Any, limit: int) -> Any:
    """The value when its JSON form is small, else the start of that form."""
    try:
        text = json.dumps(value, default=repr)
    except (ValueError, TypeError, RecursionError):
        return "(not shown)"
    return json.loads(text) if len(text) <= limit else f"{text[:limit]}..."


def target_of(exchange: Exchange) -> str:
    """The path of an exchange without its query."""
    return urlsplit(exchange.url).path
