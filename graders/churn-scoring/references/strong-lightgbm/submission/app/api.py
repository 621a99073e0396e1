"""The HTTP service. The model is opened by a thread while `/healthz` already answers."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from fastapi import FastAPI, Request, Response

from app.rows import FIELDS, FROM_JSON, BadRow, columns

if TYPE_CHECKING:
    from app.store import Scorer

MOST_ROWS = 5_000
MOST_BYTES = 8 * 1024 * 1024
SCORING_THREADS = 2


class Refused(Exception):
    """A request that gets a status and a reason."""

    def __init__(self, status: int, error: str, **details: Any) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, **details}


class Holder:
    """The model, when it is there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.scorer: Scorer | None = None

    def load(self) -> None:
        # The libraries take longest; the port is open meanwhile.
        from app.store import Unusable, open_folder

        try:
            self.scorer = open_folder(self._folder)
            print(f"ready with {self.scorer.version}", flush=True)
        except Unusable as error:
            print(f"no usable model: {error}", flush=True)

    def need(self) -> Scorer:
        if self.scorer is None:
            raise Refused(503, "no model is loaded")
        return self.scorer


def create(folder: Path) -> FastAPI:
    """The application for the model in this folder."""
    holder = Holder(folder)
    pool = ThreadPoolExecutor(SCORING_THREADS)

    @asynccontextmanager
    async def lifespan(_application: FastAPI) -> AsyncIterator[None]:
        threading.Thread(target=holder.load, daemon=True).start()
        yield
        pool.shutdown()

    application = FastAPI(lifespan=lifespan, openapi_url=None)

    @application.exception_handler(Refused)
    async def refused(_request: Request, error: Refused) -> Response:
        return answer(error.body, error.status)

    @application.get("/healthz")
    async def healthz() -> Response:
        return answer({"status": "up"})

    @application.get("/readyz")
    async def readyz() -> Response:
        return answer({"model": holder.need().version})

    @application.get("/metadata")
    async def metadata() -> Response:
        scorer = holder.need()
        shown = {name: scorer.settings[name] for name in ("name", "version", "trained_at", "threshold")}
        features = [
            {"name": one.name, "type": one.type, "required": not one.nullable, "nullable": one.nullable}
            for one in FIELDS
        ]
        return answer({**shown, "features": features, "metrics": scorer.metrics})

    @application.post("/predict")
    async def predict(request: Request) -> Response:
        scorer = holder.need()
        raw = await read(request)
        return answer(*await asyncio.get_running_loop().run_in_executor(pool, respond, scorer, raw))

    return application


async def read(request: Request) -> bytes:
    """The body, unless it is larger than is read."""
    parts = []
    left = MOST_BYTES
    async for part in request.stream():
        left -= len(part)
        if left < 0:
            raise Refused(413, "the body has more than 8 MiB")
        parts.append(part)
    return b"".join(parts)


def respond(scorer: Scorer, raw: bytes) -> tuple[bytes, int]:
    """Runs in the pool: parsing and checking 5,000 rows takes its time as well."""
    try:
        return orjson.dumps(score(scorer, parse(raw))), 200
    except Refused as error:
        return orjson.dumps(error.body), error.status
    except BadRow as error:
        return orjson.dumps({"error": error.reason, "row": error.row, "field": error.field}), 422


def parse(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise Refused(400, "the body is not JSON") from None
    if not isinstance(body, dict) or not isinstance(body.get("instances"), list):
        raise Refused(422, "instances is no list")
    if len(body["instances"]) > MOST_ROWS:
        raise Refused(413, f"at most {MOST_ROWS} instances")
    name = body.get("id")
    if name is not None and (not isinstance(name, str) or not 0 < len(name) <= 200):
        raise Refused(422, "id is a string of 1 to 200 characters")
    return body


def score(scorer: Scorer, body: dict[str, Any]) -> dict[str, Any]:
    scores = scorer.score(columns(body["instances"], FROM_JSON))
    predictions = [{"probability": one, "label": scorer.label(one)} for one in scores]
    return {"id": body.get("id"), "model_version": scorer.version, "predictions": predictions}


def answer(body: dict[str, Any] | bytes, status: int = 200) -> Response:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return Response(content, status, media_type="application/json")
