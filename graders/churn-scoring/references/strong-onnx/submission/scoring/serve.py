"""`serve`: FastAPI with synchronous handlers, which run in threads, so that the loop is free for `/healthz`."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field, StrictStr, ValidationError
from starlette.concurrency import run_in_threadpool

from scoring.customer import Customer, described
from scoring.model_folder import OpenModel, Refusal, open_model

MOST_BYTES = 8 * 2**20


class Batch(BaseModel):
    """The body of a request."""

    id: Annotated[StrictStr, Field(min_length=1, max_length=200)] | None = None
    instances: Annotated[list[Customer], Field(max_length=5000)]


class Service:
    """The model that is served, once it is open; and a lock that keeps few batches at work at once."""

    def __init__(self) -> None:
        self.model: OpenModel | None = None
        self._turn = threading.Semaphore(2)

    def open(self, folder: Path) -> None:
        try:
            self.model = open_model(folder)
            print(f"serving {self.model.about['version']}", flush=True)
        except Refusal as refusal:
            print(f"not serving: {refusal}", flush=True)

    def respond(self, model: OpenModel, raw: bytes) -> Response:
        with self._turn:
            try:
                batch = Batch.model_validate_json(raw)
            except ValidationError as error:
                return _problem(error)
            predictions = [{"probability": p, "label": label} for p, label in model.score(batch.instances)]
        answer: dict[str, Any] = {"model_version": model.about["version"], "predictions": predictions}
        if batch.id is not None:
            answer["id"] = batch.id
        return Response(json.dumps(answer), media_type="application/json")


def _problem(error: ValidationError) -> Response:
    """The first error, with its place in the body: the index of the row is a part of it."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return JSONResponse({"detail": first["msg"], "loc": list(first["loc"])}, 422)


def build(service: Service) -> FastAPI:
    app = FastAPI(openapi_url=None)
    not_ready = {"detail": "the model is not loaded"}

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        return JSONResponse({"ready": True}) if service.model else JSONResponse(not_ready, 503)

    @app.get("/metadata")
    async def metadata() -> JSONResponse:
        if service.model is None:
            return JSONResponse(not_ready, 503)
        return JSONResponse(
            {**service.model.about, "features": described(), "metrics": service.model.metrics}
        )

    @app.post("/predict")
    async def predict(request: Request) -> Response:
        if service.model is None:
            return JSONResponse(not_ready, 503)
        raw = bytearray()
        async for part in request.stream():
            raw += part
            if len(raw) > MOST_BYTES:
                return JSONResponse({"detail": "the body is too large"}, 413, {"Connection": "close"})
        return await run_in_threadpool(service.respond, service.model, bytes(raw))

    return app


def main() -> None:
    service = Service()
    threading.Thread(target=service.open, args=(Path(os.environ["MODEL_DIR"]),), daemon=True).start()
    uvicorn.run(build(service), host="127.0.0.1", port=int(os.environ["PORT"]), timeout_graceful_shutdown=9)


if __name__ == "__main__":
    main()
