"""Starts one instance."""

from __future__ import annotations

import sys

from stockroom import config


def main() -> int:
    try:
        settings = config.load()
    except config.ConfigError as error:
        print(f"stockroom: {error}", file=sys.stderr)
        return 2

    # Imported here, so that a missing setting is reported at once.
    from stockroom.factory import create_app
    from stockroom.server import serve

    serve(create_app(settings), settings.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
