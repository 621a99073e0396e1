"""The outermost layer: reads the body whole, and writes one line a request to stdout.

Lines are JSON, which escapes quotes and line breaks of a client. Query strings, bodies and credentials stay out.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

MAX_BODY = 256 * 1024
# More than MAX_BODY is read and dropped up to here, so that the client gets to read the answer.
MAX_DRAINED = 32 * 1024 * 1024
CHUNK = 64 * 1024
MAX_LOGGED_ID = 1024
TOO_LARGE = "shop.body_too_large"
FAILURE = "shop.failure"


class RequestLog:
    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        started = time.perf_counter()
        line: dict[str, Any] = {
            "method": environ["REQUEST_METHOD"],
            "path": raw_path(environ),
            "status": 500,
        }
        if "HTTP_X_REQUEST_ID" in environ:
            line["request_id"] = environ["HTTP_X_REQUEST_ID"][:MAX_LOGGED_ID]

        def note(status: str, *rest: Any) -> Any:
            line["status"] = int(status[:3])
            return start_response(status, *rest)

        try:
            _read_body(environ)
            return self._app(environ, note)
        finally:
            if FAILURE in environ:
                line["failure"] = environ[FAILURE]
            line["ms"] = round((time.perf_counter() - started) * 1000, 1)
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()


def raw_path(environ: dict[str, Any]) -> str:
    """As sent, still percent-encoded."""
    uri: str = environ.get("RAW_URI") or environ["PATH_INFO"]
    return uri.partition("?")[0]


def _read_body(environ: dict[str, Any]) -> None:
    """Also gives chunked bodies a length, without which Django would not see them."""
    source = environ["wsgi.input"]
    kept = bytearray()
    size = 0
    while size <= MAX_DRAINED:
        chunk = source.read(CHUNK)
        if not chunk:
            break
        size += len(chunk)
        if size <= MAX_BODY:
            kept += chunk
    environ[TOO_LARGE] = size > MAX_BODY
    environ["wsgi.input"] = io.BytesIO(kept)
    environ["CONTENT_LENGTH"] = str(len(kept))
