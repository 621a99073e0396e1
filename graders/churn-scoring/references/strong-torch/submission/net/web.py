"""The service."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from net.record import SPEC, Wrong, check

if TYPE_CHECKING:
    from net.package import Model

application = Flask("net")
application.config["MAX_CONTENT_LENGTH"] = 8 * 1024 * 1024
_loaded: list[Model] = []
# More batches at a time are not faster, and make everything else slower.
_turns = threading.Semaphore(2)


def _load() -> None:
    # torch takes a second or two; the port is open meanwhile.
    from net.package import NoModel, load

    try:
        _loaded.append(load(Path(os.environ["MODEL_DIR"])))
        print(f"loaded {_loaded[0].about['version']}", flush=True)
    except NoModel as error:
        print(f"not loaded: {error}", flush=True)


threading.Thread(target=_load, daemon=True).start()


def _answer(body: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(body), status=status, content_type="application/json")


@application.errorhandler(HTTPException)
def problem(error: HTTPException) -> Response:
    return _answer({"error": error.description}, error.code or 500)


@application.get("/healthz")
def healthz() -> Response:
    return _answer({"up": True})


@application.get("/readyz")
def readyz() -> Response:
    return _answer({"ready": bool(_loaded)}, 200 if _loaded else 503)


@application.get("/metadata")
def metadata() -> Response:
    if not _loaded:
        return _answer({"error": "not ready"}, 503)
    features = [
        {"name": name, "type": kind, "required": not nullable, "nullable": nullable}
        for name, (kind, nullable) in SPEC.items()
    ]
    return _answer({**_loaded[0].about, "features": features, "metrics": _loaded[0].metrics})


@application.post("/predict")
def predict() -> Response:
    if not _loaded:
        return _answer({"error": "not ready"}, 503)
    raw = request.get_data()
    with _turns:
        return _scored(_loaded[0], raw)


def _scored(model: Model, raw: bytes) -> Response:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return _answer({"error": "no JSON"}, 400)
    if not isinstance(body, dict) or not isinstance(body.get("instances"), list):
        return _answer({"error": "instances is no list"}, 400)
    name, instances = body.get("id"), body["instances"]
    if name is not None and not (isinstance(name, str) and 1 <= len(name) <= 200):
        return _answer({"error": "id is no text of 1 to 200 characters"}, 400)
    if len(instances) > 5000:
        return _answer({"error": "more than 5000 instances"}, 413)
    try:
        records = [check(index, one) for index, one in enumerate(instances)]
    except Wrong as error:
        return _answer({"error": error.text, "instance": error.index}, 400)
    predictions = [{"probability": p, "label": label} for p, label in model.score(records)]
    return _answer({"id": name, "model_version": model.about["version"], "predictions": predictions})
