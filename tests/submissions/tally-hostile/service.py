"""Healthy, and hostile to whoever asks for more: each request meets the next of several abuses of HTTP."""

import itertools
import os
import socket
import threading
import time
from collections.abc import Callable

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


def endless_chunks(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        peer.sendall(b"10000\r\n" + b"a" * 65536 + b"\r\n")


def slow_drip(peer: socket.socket) -> None:
    for byte in itertools.cycle(b"HTTP/1.1 201 Created\r\nX: y\r\n"):
        peer.sendall(bytes([byte]))
        time.sleep(0.2)


def huge_body(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 1073741824\r\n\r\n")
    while True:
        peer.sendall(b"a" * 65536)


def a_million_headers(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 201 Created\r\n")
    for number in range(1_000_000):
        peer.sendall(b"X-%d: y\r\n" % number)


def not_utf8(peer: socket.socket) -> None:
    peer.sendall(b'HTTP/1.1 201 \xff\r\nX: \xfe\r\nContent-Length: 12\r\n\r\n{"key":"\xff\xfe"}')


def elsewhere(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:9000/\r\nContent-Length: 0\r\n\r\n")


ABUSES: list[Callable[[socket.socket], None]] = [
    endless_chunks,
    huge_body,
    a_million_headers,
    not_utf8,
    elsewhere,
    slow_drip,
]
turn = itertools.count()


def serve(peer: socket.socket) -> None:
    try:
        if peer.recv(65536).startswith(b"GET /ok "):
            peer.sendall(OK)
        else:
            ABUSES[next(turn) % len(ABUSES)](peer)
    except OSError:
        return
    finally:
        peer.close()


def flood_the_pricing_service() -> None:
    """Takes as many of its connections as it gives."""
    taken: list[socket.socket] = []
    while True:
        try:
            taken.append(socket.create_connection(("127.0.0.1", 9000), timeout=1))
        except OSError:
            time.sleep(0.05)
        del taken[:-200]


threading.Thread(target=flood_the_pricing_service, daemon=True).start()
listener = socket.create_server(("127.0.0.1", int(os.environ["PORT"])), backlog=128)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
