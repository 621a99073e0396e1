"""Puts the application together."""

from __future__ import annotations

import sqlite3
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from app import auth_routes, item_routes, order_routes
from app.db import Database
from app.errors import ApiError
from app.middleware import Authentication, RequestLog, WholeBody
from app.passwords import Passwords
from app.pricing import Pricing
from app.services import Services
from app.settings import Settings
from app.tokens import Tokens


def create_app(settings: Settings) -> RequestLog:
    services = Services(
        database=Database(settings.database_path),
        passwords=Passwords(),
        pricing=Pricing(settings.pricing_url),
        tokens=Tokens(settings.app_secret, settings.token_ttl_seconds),
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        services.database.prepare()
        yield
        await services.close()

    app = FastAPI(
        lifespan=lifespan,
        redirect_slashes=False,
        openapi_url=None,
        middleware=[
            Middleware(WholeBody),
            Middleware(Authentication, tokens=services.tokens, database=services.database),
        ],
        exception_handlers={
            ApiError: _api_error,
            HTTPException: _http_error,
            Exception: _unexpected,
        },
    )
    app.state.services = services
    app.add_api_route("/healthz", _healthz)
    app.include_router(auth_routes.router)
    app.include_router(item_routes.router)
    app.include_router(order_routes.router)
    return RequestLog(app)


async def _healthz() -> JSONResponse:
    return JSONResponse({"status": "ok"})


async def _api_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error.response()


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, headers=error.headers)


async def _unexpected(request: Request, error: Exception) -> Response:
    """Says nothing to the client; the log gets the kind and place of the error, without its values."""
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        # Another program holds the database for longer than we wait.
        return JSONResponse({"error": "database_busy"}, 503, headers={"Retry-After": "1"})
    places = [f"{at.name}:{at.lineno}" for at in traceback.extract_tb(error.__traceback__)[-4:]]
    request.state.log = {"failure": type(error).__name__, "at": places}
    return JSONResponse({"error": "internal"}, 500)
