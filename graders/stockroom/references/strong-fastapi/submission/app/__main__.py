"""Starts the service. A missing setting ends the process before anything is opened."""

from __future__ import annotations

import asyncio
import socket
import sys

import uvicorn

from app.main import create_app
from app.settings import Settings, SettingsError

# Requests that had arrived when SIGTERM came may still wait in a socket: they are read before it is closed.
LINGER_SECONDS = 0.25


class LingeringServer(uvicorn.Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await asyncio.sleep(LINGER_SECONDS)
        await super().shutdown(sockets)


def main() -> int:
    try:
        settings = Settings.from_env()
    except SettingsError as error:
        print(f"configuration: {error}", file=sys.stderr)
        return 2
    config = uvicorn.Config(
        create_app(settings),
        host="127.0.0.1",
        port=settings.port,
        access_log=False,
        log_level="warning",
        server_header=False,
        # An order is answered within 8 s, so everything in flight ends before this.
        timeout_graceful_shutdown=9,
        timeout_keep_alive=30,
        backlog=512,
    )
    server = LingeringServer(config)
    server.run()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
