"""The price of a sku, asked at order time. Every call and the whole quote have a hard time limit."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import quote

import httpx

CALL_SECONDS = 2.0
TOTAL_SECONDS = 6.5
RETRY_PAUSES = (0.05, 0.1)
RETRIED_STATUS = frozenset({502, 503, 504})
MAX_ANSWER = 64 * 1024
MAX_PRICE = 2**53 - 1


class PricingUnavailable(Exception):
    """No usable price; nothing is said about why to the caller's client."""


class _Retryable(Exception):
    pass


class Pricing:
    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._client = httpx.AsyncClient(
            timeout=CALL_SECONDS,
            follow_redirects=False,
            trust_env=False,
            # A connection that is kept may be closed by the other side just when it is used again.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )

    async def price_cents(self, sku: str) -> int:
        url = f"{self._base_url}/v1/price/{quote(sku, safe='')}"
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                for pause in RETRY_PAUSES:
                    try:
                        return await self._call(url)
                    except _Retryable:
                        await asyncio.sleep(pause)
                return await self._call(url)
        except (_Retryable, TimeoutError) as error:
            raise PricingUnavailable from error

    async def close(self) -> None:
        await self._client.aclose()

    async def _call(self, url: str) -> int:
        try:
            # The client's own limits are per read; this one also ends an answer that trickles in.
            async with asyncio.timeout(CALL_SECONDS):
                async with self._client.stream("GET", url) as answer:
                    if answer.status_code in RETRIED_STATUS:
                        raise _Retryable
                    if answer.status_code != 200:
                        raise PricingUnavailable
                    return _price(await _body(answer))
        except httpx.NetworkError as error:
            raise _Retryable from error
        except httpx.HTTPError as error:
            # Time-outs, and answers that are not HTTP.
            raise PricingUnavailable from error


async def _body(answer: httpx.Response) -> bytes:
    body = b""
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) > MAX_ANSWER:
            raise PricingUnavailable
    return body


def _price(body: bytes) -> int:
    try:
        value = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise PricingUnavailable from error
    price = value.get("price_cents") if isinstance(value, dict) else None
    if type(price) is not int or not 0 < price <= MAX_PRICE:
        raise PricingUnavailable
    return price
