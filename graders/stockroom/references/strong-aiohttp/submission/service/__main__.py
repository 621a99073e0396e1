"""Starts one instance, and ends it in order."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

from aiohttp import web

from service import config
from service.application import create

# Requests that had arrived when SIGTERM came may still wait in a socket.
LINGER_SECONDS = 0.25
# An order is answered within 8 s.
DRAIN_SECONDS = 9.0
# Ids and cursors of any length are the application's to judge.
MAX_LINE = 128 * 1024


async def serve(settings: config.Config) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(
        await create(settings),
        access_log=None,
        keepalive_timeout=30,
        shutdown_timeout=DRAIN_SECONDS,
        max_line_size=MAX_LINE,
        max_field_size=MAX_LINE,
    )
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", settings.port, backlog=512).start()
    await stop.wait()
    await asyncio.sleep(LINGER_SECONDS)
    await runner.cleanup()


def main() -> int:
    # The messages of aiohttp can quote what a client sent, credentials included.
    logging.getLogger("aiohttp").addHandler(logging.NullHandler())
    logging.getLogger("aiohttp").propagate = False
    try:
        settings = config.from_environment()
    except config.ConfigError as error:
        print(f"configuration: {error}", file=sys.stderr)
        return 2
    asyncio.run(serve(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
