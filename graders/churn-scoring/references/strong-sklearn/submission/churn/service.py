"""The service: a model that is loaded in the background, and the four operations."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from churn.folder import Model, UnusableModel, load
from churn.schema import FEATURES, InvalidRow, rows_of_json

MOST_INSTANCES = 5000
MOST_BYTES = 8 << 20
_LONGEST_ID = 200
log = logging.getLogger("churn")


class Shelf:
    """Holds the model once it is there."""

    def __init__(self) -> None:
        self.model: Model | None = None

    def fill(self, folder: Path) -> None:
        try:
            self.model = load(folder)
            log.info("model %s is loaded", self.model.serving["version"])
        except UnusableModel as error:
            log.error("no model: %s", error)


class BadRequest(Exception):
    """A request that is not scored, with what is said about it."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.body = {"error": error, **more}


def create_app() -> Flask:
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(levelname)s %(message)s")
    shelf = Shelf()
    # More batches at a time are not faster, and keep /healthz waiting for the interpreter.
    turns = threading.Semaphore(2)
    threading.Thread(target=shelf.fill, args=(Path(os.environ["MODEL_DIR"]),), daemon=True).start()
    app = Flask("churn")
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES

    @app.before_request
    def begin() -> None:
        g.began = time.monotonic()

    @app.after_request
    def note(response: Response) -> Response:
        took = (time.monotonic() - g.began) * 1000
        log.info("%s %s %d %.1f ms", request.method, request.path, response.status_code, took)
        return response

    @app.errorhandler(BadRequest)
    def refused(error: BadRequest) -> Response:
        return _json(error.body, 422)

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Response:
        return _json({"error": error.name}, error.code or 500)

    @app.get("/healthz")
    def healthz() -> Response:
        return _json({"status": "ok"})

    @app.get("/readyz")
    def readyz() -> Response:
        ready = shelf.model is not None
        return _json({"ready": ready}, 200 if ready else 503)

    @app.get("/metadata")
    def metadata() -> Response:
        if shelf.model is None:
            return _json({"error": "no model is loaded"}, 503)
        return _json(_described(shelf.model))

    @app.post("/predict")
    def predict() -> Response:
        if shelf.model is None:
            return _json({"error": "no model is loaded"}, 503)
        identity, instances = _read(request.get_data())
        try:
            with turns:
                scores = shelf.model.score(rows_of_json(instances))
        except InvalidRow as error:
            raise BadRequest(error.reason, index=error.index) from None
        answer: dict[str, Any] = {} if identity is None else {"id": identity}
        answer["model_version"] = shelf.model.serving["version"]
        answer["predictions"] = [{"probability": score, "label": label} for score, label in scores]
        return _json(answer)

    return app


def _read(raw: bytes) -> tuple[str | None, list[Any]]:
    """The id and the instances of a request."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadRequest("the body is no JSON") from None
    if not isinstance(body, dict) or not isinstance(body.get("instances"), list):
        raise BadRequest("the body is no object with a list of instances")
    identity = body.get("id")
    if identity is not None and not (isinstance(identity, str) and 1 <= len(identity) <= _LONGEST_ID):
        raise BadRequest(f"id is no string of 1 to {_LONGEST_ID} characters")
    if len(body["instances"]) > MOST_INSTANCES:
        raise BadRequest(f"more than {MOST_INSTANCES} instances")
    return identity, body["instances"]


def _described(model: Model) -> dict[str, Any]:
    names = ("name", "version", "trained_at", "threshold")
    features = [
        {"name": one.name, "type": one.type, "required": not one.nullable, "nullable": one.nullable}
        for one in FEATURES
    ]
    return {**{name: model.serving[name] for name in names}, "features": features, "metrics": model.metrics}


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
