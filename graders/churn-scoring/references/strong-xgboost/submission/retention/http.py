"""The service: handlers that wait are threads, everything else is the loop."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from retention.contract import FEATURES, NULLABLE, RowError, checked

if TYPE_CHECKING:
    from retention.folder import Model

_MOST_BYTES = 8 << 20


class State:
    """What the handlers share: the model, once there is one, and a limit for the batches at work."""

    def __init__(self) -> None:
        self.model: Model | None = None
        self.turns = threading.Semaphore(2)

    def load(self, path: Path) -> None:
        from retention import folder

        try:
            self.model = folder.load(path)
            print(f"loaded {self.model.about['version']}", flush=True)
        except folder.Unverified as error:
            print(f"not loaded: {error}", flush=True)


def serve(path: Path, port: int) -> None:
    state = State()
    threading.Thread(target=state.load, args=(path,), daemon=True).start()
    uvicorn.run(application(state), host="127.0.0.1", port=port, timeout_graceful_shutdown=9)


def application(state: State) -> FastAPI:
    app = FastAPI(openapi_url=None)

    @app.get("/healthz")
    async def healthz() -> Response:
        return _json({"alive": True})

    @app.get("/readyz")
    async def readyz() -> Response:
        return _json({"ready": state.model is not None}, 503 if state.model is None else 200)

    @app.get("/metadata")
    async def metadata() -> Response:
        if state.model is None:
            return _json({"error": "not ready"}, 503)
        features = [
            {"name": name, "type": kind, "required": name not in NULLABLE, "nullable": name in NULLABLE}
            for name, kind in FEATURES.items()
        ]
        return _json({**state.model.about, "features": features, "metrics": state.model.metrics})

    @app.post("/predict")
    async def predict(request: Request) -> Response:
        if state.model is None:
            return _json({"error": "not ready"}, 503)
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > _MOST_BYTES:
                return _json({"error": "too large"}, 413)
        return await run_in_threadpool(_predict, state, state.model, bytes(body))

    return app


def _predict(state: State, model: Model, raw: bytes) -> Response:
    with state.turns:
        try:
            # Not orjson: it refuses NaN without saying in which row.
            body = json.loads(raw)
        except (ValueError, RecursionError):
            return _json({"error": "the body is no JSON"}, 422)
        instances = body.get("instances") if isinstance(body, dict) else None
        if not isinstance(instances, list):
            return _json({"error": "there is no list of instances"}, 422)
        if len(instances) > 5000:
            return _json({"error": "more than 5000 instances"}, 422)
        if not _is_id(body.get("id")):
            return _json({"error": "the id is no string of 1 to 200 characters"}, 422)
        try:
            scores = model.score(checked(instances))
        except RowError as error:
            return _json({"error": error.problem, "row": error.index}, 422)
        predictions = [{"probability": score, "label": label} for score, label in scores]
    return _json({"id": body.get("id"), "model_version": model.about["version"], "predictions": predictions})


def _is_id(value: Any) -> bool:
    return value is None or (isinstance(value, str) and 1 <= len(value) <= 200)


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
