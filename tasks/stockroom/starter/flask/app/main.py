"""The application: healthz works, everything else answers 501."""

from __future__ import annotations

from flask import Flask

from app.settings import Settings

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def create_app(settings: Settings) -> Flask:
    app = Flask(__name__)
    app.config["SETTINGS"] = settings

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.route("/", defaults={"path": ""}, methods=METHODS)
    @app.route("/<path:path>", methods=METHODS)
    def not_implemented(path: str) -> tuple[dict[str, str], int]:
        return {"error": "not_implemented"}, 501

    return app
