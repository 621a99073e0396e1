"""One line a request on stdout, as JSON: quotes and line breaks of a client cannot break out of their member."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

_MAX_ID = 1024
FAILURE = "stockroom.failure"


class RequestLog:
    """WSGI middleware. Neither bodies nor query strings nor Authorization are ever written."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        started = time.perf_counter()
        status = "500"

        def note_status(line: str, *rest: Any) -> Any:
            nonlocal status
            status = line[:3]
            return start_response(line, *rest)

        try:
            return self._app(environ, note_status)
        finally:
            record: dict[str, Any] = {
                "method": environ["REQUEST_METHOD"],
                "path": raw_path(environ),
                "status": int(status),
                "duration_ms": round((time.perf_counter() - started) * 1000, 1),
            }
            if "HTTP_X_REQUEST_ID" in environ:
                record["request_id"] = environ["HTTP_X_REQUEST_ID"][:_MAX_ID]
            if FAILURE in environ:
                record["failure"] = environ[FAILURE]
            # One write, so that lines of several threads do not mix.
            sys.stdout.write(json.dumps(record) + "\n")
            sys.stdout.flush()


def raw_path(environ: dict[str, Any]) -> str:
    """As sent, still percent-encoded."""
    uri: str = environ.get("REQUEST_URI") or environ["PATH_INFO"]
    return uri.partition("?")[0]
