"""The expected errors, and how they look on the wire."""

from __future__ import annotations

from aiohttp import web


class Problem(Exception):
    def __init__(self, status: int, error: str, **details: str) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, **details}

    def response(self) -> web.Response:
        headers = {"WWW-Authenticate": "Bearer"} if self.status == 401 else None
        return web.json_response(self.body, status=self.status, headers=headers)


def invalid(what: str) -> Problem:
    return Problem(422, "invalid", what=what)


def unknown() -> Problem:
    return Problem(404, "not_found")
