"""What surrounds every request: one log line, a bounded body, authentication before anything else."""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.db import Database
from app.errors import ApiError, unauthorized
from app.tokens import Tokens
from app.users import user_exists

MAX_BODY = 256 * 1024
# A body above MAX_BODY is read and thrown away up to here, so that its sender sees the answer.
MAX_DRAINED = 32 * 1024 * 1024
MAX_LOGGED_ID = 1024
PUBLIC_PATHS = frozenset({"/healthz", "/auth/register", "/auth/token"})


class RequestLog:
    """Writes one JSON line a request. JSON escapes line breaks, so no header can forge a line."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        entry: dict[str, Any] = {"method": scope["method"], "path": _raw_path(scope), "status": 499}
        request_id = Headers(scope=scope).get("x-request-id")
        if request_id is not None:
            entry["request_id"] = request_id[:MAX_LOGGED_ID]
        state = scope.setdefault("state", {})
        started = time.perf_counter()

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
            await send(message)

        try:
            # An unexpected error has been answered and noted in the state when it arrives here. It is not passed
            # on to the server's own log, because the message of an exception can carry a value of the request.
            with suppress(Exception):
                await self._app(scope, receive, watch)
        finally:
            entry["ms"] = round((time.perf_counter() - started) * 1000, 1)
            entry.update(state.get("log", {}))
            sys.stdout.write(json.dumps(entry) + "\n")
            sys.stdout.flush()


class WholeBody:
    """Reads the body before the handler runs, so that an early answer never meets a client still sending."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = bytearray()
        size = 0
        more = True
        while more and size <= MAX_DRAINED:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            chunk = message.get("body", b"")
            size += len(chunk)
            if size <= MAX_BODY:
                body += chunk
            more = message.get("more_body", False)
        scope["state"]["body_too_large"] = size > MAX_BODY
        pending = True

        async def replay() -> Message:
            nonlocal pending
            if pending:
                pending = False
                return {"type": "http.request", "body": bytes(body), "more_body": False}
            return await receive()

        await self._app(scope, replay, send)


class Authentication:
    """401 for a missing or invalid token on every path that is not public, known or not."""

    def __init__(self, app: ASGIApp, tokens: Tokens, database: Database) -> None:
        self._app = app
        self._tokens = tokens
        self._database = database

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                await self._admit(scope)
            except ApiError as error:
                await error.response()(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _admit(self, scope: Scope) -> None:
        if scope["path"] not in PUBLIC_PATHS:
            user_id = self._tokens.user_id(Headers(scope=scope).get("authorization", ""))
            if user_id is None or not await self._database.read(user_exists, user_id):
                raise unauthorized()
            scope["state"]["user_id"] = user_id
        if scope["state"]["body_too_large"]:
            raise ApiError(413, "body_too_large")
        if "%2f" in _raw_path(scope).lower():
            # An encoded slash belongs to an id, and no id has one.
            raise ApiError(404, "not_found")


def _raw_path(scope: Scope) -> str:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("latin-1")
