"""Prices from the pricing service, over a socket that knows its deadline.

The time-out of an ordinary socket starts again with every byte that arrives; this one's does not.
"""

from __future__ import annotations

import json
import socket
import time
from http.client import HTTPConnection, HTTPException, IncompleteRead, RemoteDisconnected
from urllib.parse import quote, urlsplit

CALL_SECONDS = 2.0
TOTAL_SECONDS = 6.5
ATTEMPTS = 3
PAUSE_SECONDS = 0.1
MAX_BYTES = 65536
MAX_PRICE = 2**53 - 1


class NoPrice(Exception):
    """The pricing service gave no usable price."""


class _TryAgain(Exception):
    pass


class _DeadlineSocket(socket.socket):
    """Every wait ends at `deadline` (monotonic seconds), however many there are."""

    deadline: float

    def recv_into(self, *args: object, **kwargs: object) -> int:
        self.settimeout(self._left())
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: object, **kwargs: object) -> None:
        self.settimeout(self._left())
        super().sendall(*args, **kwargs)

    def connect(self, address: object) -> None:
        self.settimeout(self._left())
        super().connect(address)

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _Connection(HTTPConnection):
    def __init__(self, host: str, port: int, deadline: float) -> None:
        super().__init__(host, port)
        self._deadline = deadline

    def connect(self) -> None:
        family, kind, protocol, _, address = socket.getaddrinfo(
            self.host, self.port, type=socket.SOCK_STREAM
        )[0]
        self.sock = _DeadlineSocket(family, kind, protocol)
        self.sock.deadline = self._deadline
        self.sock.connect(address)


class PriceList:
    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port or 80
        self._prefix = parts.path.rstrip("/")

    def cents(self, sku: str) -> int:
        path = f"{self._prefix}/v1/price/{quote(sku, safe='')}"
        give_up_at = time.monotonic() + TOTAL_SECONDS
        for _ in range(ATTEMPTS):
            try:
                return self._ask(path, min(give_up_at, time.monotonic() + CALL_SECONDS))
            except _TryAgain:
                time.sleep(PAUSE_SECONDS)
        raise NoPrice

    def _ask(self, path: str, deadline: float) -> int:
        connection = _Connection(self._host, self._port, deadline)
        try:
            connection.request("GET", path, headers={"Accept": "application/json", "Connection": "close"})
            answer = connection.getresponse()
            if answer.status in (502, 503, 504):
                raise _TryAgain
            if answer.status != 200:
                raise NoPrice
            content = answer.read(MAX_BYTES + 1)
            if len(content) > MAX_BYTES:
                raise NoPrice
            if answer.length:
                raise IncompleteRead(content, answer.length)
        except TimeoutError:
            raise NoPrice from None
        except (RemoteDisconnected, IncompleteRead, ConnectionError):
            raise _TryAgain from None
        except (OSError, HTTPException):
            raise NoPrice from None
        finally:
            connection.close()
        return _read_price(content)


def _read_price(content: bytes) -> int:
    try:
        price = json.loads(content.decode())["price_cents"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NoPrice from None
    if isinstance(price, bool) or not isinstance(price, int) or not 1 <= price <= MAX_PRICE:
        raise NoPrice
    return price
