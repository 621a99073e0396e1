"""Routes, and what surrounds every request: its line in the log, errors as JSON, authentication before anything else."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
import traceback
from collections.abc import Awaitable, Callable

from aiohttp import web

from service.accounts import Accounts
from service.config import Config
from service.database import Database
from service.items import Items
from service.orders import Orders
from service.pricing import Pricing
from service.problems import Problem
from service.wire import USER

MAX_BODY = 256 * 1024
MAX_LOGGED_ID = 1024
PUBLIC = frozenset({"/healthz", "/auth/register", "/auth/token"})
FAILURE = web.RequestKey("failure", str)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def create(config: Config) -> web.Application:
    database = Database(config.database)
    await database.create()
    pricing = Pricing(config.pricing_url)
    accounts = Accounts(database, config.secret, config.token_seconds)
    items, orders = Items(database), Orders(database, pricing)

    @web.middleware
    async def authenticate(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in PUBLIC:
            request[USER] = await accounts.user_of(request.headers.get("Authorization", ""))
        return await handler(request)

    async def close(_: web.Application) -> None:
        await pricing.close()
        accounts.close()
        database.close()

    # Also around what no route matches.
    app = web.Application(middlewares=[log, errors_as_json, authenticate], client_max_size=MAX_BODY)
    app.on_cleanup.append(close)
    app.add_routes(
        [
            web.get("/healthz", healthz),
            web.post("/auth/register", accounts.register),
            web.post("/auth/token", accounts.log_in),
            web.post("/items", items.create),
            web.get("/items", items.index),
            web.get("/items/{id}", items.show),
            web.put("/items/{id}", items.replace),
            web.delete("/items/{id}", items.delete),
            web.post("/items/{id}/adjust", items.adjust),
            web.post("/orders", orders.create),
            web.get("/orders", orders.index),
            web.get("/orders/{id}", orders.show),
        ]
    )
    return app


async def healthz(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


@web.middleware
async def log(request: web.Request, handler: Handler) -> web.StreamResponse:
    """JSON escapes quotes and line breaks. Queries, bodies and other headers stay out."""
    started = time.perf_counter()
    line: dict[str, object] = {"method": request.method, "path": request.raw_path.partition("?")[0]}
    if "X-Request-ID" in request.headers:
        line["request_id"] = request.headers["X-Request-ID"][:MAX_LOGGED_ID]
    response = await handler(request)
    line |= {"status": response.status, "ms": round((time.perf_counter() - started) * 1000, 1)}
    if FAILURE in request:
        line["failure"] = request[FAILURE]
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    return response


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Problem as problem:
        return problem.response()
    except web.HTTPException as error:
        allowed = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        return web.json_response({"error": error.reason}, status=error.status, headers=allowed)
    except Exception as error:
        if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
            return web.json_response({"error": "busy"}, status=503, headers={"Retry-After": "1"})
        # Kind and place; a message could hold what the client sent.
        at = traceback.extract_tb(error.__traceback__)[-1]
        request[FAILURE] = f"{type(error).__name__} in {at.name}:{at.lineno}"
        return web.json_response({"error": "internal"}, status=500)
