"""A trail of the requests of the live phase, to be found again in the logs."""

from urllib.parse import urlsplit

from takehome_suite.client import Exchange
from takehome_suite.run import State


class Trail:
    """Requests whose lines are looked for in the logs, when the service has stopped."""

    KEPT = 4

    def __init__(self, state: State, base_urls: tuple[str, ...]) -> None:
        self._state = state
        self._names = dict(zip(base_urls, "ab", strict=False))
        self._counts: dict[tuple[str, str, str, int], int] = {}

    def see(self, exchange: Exchange) -> None:
        """Keeps the first requests of each kind with a path that every log writes in the same way."""
        url = urlsplit(exchange.url)
        replica = self._names.get(f"{url.scheme}://{url.netloc}")
        if replica is None or exchange.status is None or exchange.status >= 500:
            return
        if not _ordinary(exchange):
            return
        if not url.path.replace("/", "").replace("-", "").replace("_", "").isalnum() or len(url.path) > 100:
            return
        kind = (replica, exchange.method, url.path.split("/")[1], exchange.status)
        self._counts[kind] = self._counts.get(kind, 0) + 1
        if self._counts[kind] <= self.KEPT:
            request_id = exchange.request_headers.get("X-Request-ID", "")
            self._state.add("requests", [replica, exchange.method, url.path, exchange.status, request_id])


def _ordinary(exchange: Exchange) -> bool:
    """Whether every server passes the request on to the application, instead of refusing it by itself."""
    headers = exchange.request_headers.values()
    # Some servers answer a request line above 4,094 bytes by themselves.
    return (
        len(exchange.request_body) <= 65_536
        and len(exchange.url) <= 2000
        and all(value.isascii() and len(value) < 1000 for value in headers)
    )
