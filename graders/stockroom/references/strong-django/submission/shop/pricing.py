"""Prices. Views run in threads; the calls run in one event loop beside them, where a time limit is a time limit."""

from __future__ import annotations

import asyncio
import json
import threading
from functools import cache
from urllib.parse import quote

import httpx
from django.conf import settings

CALL_SECONDS = 2.0
RETRIES = 2
PAUSE_SECONDS = 0.1
MAX_ANSWER = 64 * 1024
MAX_PRICE = 2**53 - 1


class PriceUnavailable(Exception):
    pass


class _Unreachable(Exception):
    """Worth another try."""


def price_cents(sku: str, seconds: float) -> int:
    """Asks for at most `seconds`, retries included."""
    loop = _loop()
    question = asyncio.wait_for(_ask(sku), seconds)
    try:
        return asyncio.run_coroutine_threadsafe(question, loop).result()
    except TimeoutError:
        raise PriceUnavailable from None


_starting = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    with _starting:
        return _started_loop()


@cache
def _started_loop() -> asyncio.AbstractEventLoop:
    """Started by the first order, because threads do not survive the fork of a worker."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="pricing", daemon=True).start()
    return loop


@cache
def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        timeout=CALL_SECONDS,
        follow_redirects=False,
        trust_env=False,
        # Connections are not kept: the other side may close one just when it is used again.
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        headers={"Accept": "application/json", "Accept-Encoding": "identity"},
    )


async def _ask(sku: str) -> int:
    url = f"{settings.PRICING_URL}/v1/price/{quote(sku, safe='')}"
    for _ in range(RETRIES):
        try:
            return await asyncio.wait_for(_call(url), CALL_SECONDS)
        except _Unreachable:
            await asyncio.sleep(PAUSE_SECONDS)
    try:
        return await asyncio.wait_for(_call(url), CALL_SECONDS)
    except _Unreachable:
        raise PriceUnavailable from None


async def _call(url: str) -> int:
    try:
        async with _client().stream("GET", url) as answer:
            if answer.status_code in (502, 503, 504):
                raise _Unreachable
            if answer.status_code != 200:
                raise PriceUnavailable
            content = bytearray()
            async for chunk in answer.aiter_raw():
                content += chunk
                if len(content) > MAX_ANSWER:
                    raise PriceUnavailable
    except httpx.NetworkError:
        raise _Unreachable from None
    except httpx.HTTPError:
        raise PriceUnavailable from None
    return _price(bytes(content))


def _price(content: bytes) -> int:
    try:
        price = json.loads(content.decode("utf-8"))["price_cents"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise PriceUnavailable from None
    if type(price) is not int or not 0 < price <= MAX_PRICE:
        raise PriceUnavailable
    return price
