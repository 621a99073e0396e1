"""Builds the Flask application: authentication first, then routing; every error as JSON."""

from __future__ import annotations

import traceback
from typing import Any

from flask import Flask, Response, g, jsonify, request
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from stockroom import account_views, item_views, order_views
from stockroom.config import Config
from stockroom.credentials import TokenBox
from stockroom.database import Database
from stockroom.logs import FAILURE, RequestLog, raw_path
from stockroom.pricing import PriceList
from stockroom.problems import Problem, not_found, unauthorized
from stockroom.services import Services, install, services
from stockroom.tables import users

PUBLIC = frozenset({"/healthz", "/auth/register", "/auth/token"})
MAX_BODY = 256 * 1024


def create_app(config: Config) -> RequestLog:
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    # Paths are exact: nothing is redirected to another spelling.
    app.url_map.merge_slashes = False
    install(
        app.extensions,
        Services(
            database=Database(config.database_url),
            prices=PriceList(config.pricing_url),
            tokens=TokenBox(config.secret, config.token_ttl),
        ),
    )
    app.before_request(authenticate)
    app.register_error_handler(Problem, show_problem)
    app.register_error_handler(HTTPException, show_http_error)
    app.register_error_handler(Exception, show_unexpected)
    app.add_url_rule("/healthz", view_func=healthz, methods=["GET"])
    app.register_blueprint(account_views.blueprint)
    app.register_blueprint(item_views.blueprint)
    app.register_blueprint(order_views.blueprint)
    return RequestLog(app)


def healthz() -> dict[str, str]:
    return {"status": "ok"}


def authenticate() -> None:
    """Runs before routing errors are raised, so a path that does not exist is 401 too without a token."""
    if request.path in PUBLIC:
        return
    user_id = services().tokens.open(request.headers.get("Authorization", ""))
    if user_id is None or not _exists(user_id):
        raise unauthorized()
    g.user_id = user_id
    if "%2f" in raw_path(request.environ).lower():
        # Routing sees it decoded; it belongs to an id, and ids have no slash.
        raise not_found()


def _exists(user_id: str) -> bool:
    with services().database.read() as connection:
        return connection.scalar(select(users.c.id).where(users.c.id == user_id)) is not None


def show_problem(problem: Problem) -> Response:
    response = jsonify(problem.body())
    response.status_code = problem.status
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def show_http_error(error: HTTPException) -> Response:
    response = jsonify(error=error.name.lower().replace(" ", "_"))
    response.status_code = error.code or 500
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def show_unexpected(error: Exception) -> Any:
    """The client learns nothing; the log gets the kind and the place, never a value."""
    if isinstance(error, OperationalError) and "locked" in str(error.orig):
        return {"error": "database_busy"}, 503, {"Retry-After": "1"}
    last = traceback.extract_tb(error.__traceback__)[-1]
    request.environ[FAILURE] = f"{type(error).__name__} in {last.name}:{last.lineno}"
    return {"error": "internal"}, 500
