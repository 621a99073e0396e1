"""The service. It is up, and not ready: there is no model."""

from __future__ import annotations

from pathlib import Path

import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse


def build(model: Path) -> FastAPI:
    """The application for the model in this folder."""
    application = FastAPI()

    @application.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @application.get("/readyz")
    async def readyz() -> JSONResponse:
        return JSONResponse({"error": "no model is loaded"}, status_code=503)

    return application


def serve(model: Path, port: int) -> None:
    uvicorn.run(build(model), host="127.0.0.1", port=port)
