"""The application: healthz works, everything else answers 501."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from app.settings import Settings

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def create_app(settings: Settings) -> FastAPI:
    app = FastAPI(redirect_slashes=False, openapi_url=None)
    app.state.settings = settings

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.api_route("/{path:path}", methods=METHODS)
    async def not_implemented(path: str) -> JSONResponse:
        return JSONResponse({"error": "not_implemented"}, 501)

    return app
