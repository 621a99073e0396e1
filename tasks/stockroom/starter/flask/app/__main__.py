"""Starts the service."""

from __future__ import annotations

import sys

from waitress import serve

from app.main import create_app
from app.settings import Settings, SettingsError


def main() -> int:
    try:
        settings = Settings.from_env()
    except SettingsError as error:
        print(f"configuration: {error}", file=sys.stderr)
        return 2
    serve(create_app(settings), host="127.0.0.1", port=settings.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
