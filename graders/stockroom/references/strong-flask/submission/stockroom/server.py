"""waitress with an orderly end: on SIGTERM it stops accepting and answers what it has received."""

from __future__ import annotations

import signal
import threading
import time
from typing import Any

from waitress import wasyncore
from waitress.server import TcpWSGIServer, create_server

# 16 orders waiting for a price, two dozen other clients, and some to spare.
THREADS = 64
MAX_REQUEST_BYTES = 16 * 1024 * 1024
# Requests that had arrived when SIGTERM came may still wait in a socket.
LINGER_SECONDS = 0.25
# An order is answered within 8 s.
DRAIN_SECONDS = 9.0


def serve(app: Any, port: int) -> None:
    server = create_server(
        app,
        host="127.0.0.1",
        port=port,
        threads=THREADS,
        connection_limit=1000,
        backlog=512,
        asyncore_use_poll=True,
        max_request_body_size=MAX_REQUEST_BYTES,
        # Bodies stay in memory: the folder for temporary files is small.
        inbuf_overflow=MAX_REQUEST_BYTES,
        ident=None,
    )
    stop = threading.Event()

    def on_signal(*_: object) -> None:
        stop.set()
        server.pull_trigger()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    while not stop.is_set():
        _turn(server, 1.0)
    _drain(server)


def _drain(server: TcpWSGIServer) -> None:
    linger_until = time.monotonic() + LINGER_SECONDS
    while time.monotonic() < linger_until:
        _turn(server, 0.05)
    # The listener only: the threads still need the trigger that `server.close` would close.
    wasyncore.dispatcher.close(server)
    deadline = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < deadline:
        channels = list(server.active_channels.values())
        busy = [channel for channel in channels if channel.requests or channel.total_outbufs_len]
        if not busy:
            return
        _turn(server, 0.05)


def _turn(server: TcpWSGIServer, seconds: float) -> None:
    wasyncore.loop(timeout=seconds, use_poll=True, map=server._map, count=1)
