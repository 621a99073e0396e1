"""Errors that a client may see."""

from __future__ import annotations

from typing import Any


class Problem(Exception):
    """An expected error: a status and a stable code."""

    def __init__(self, status: int, code: str, detail: Any = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail

    def body(self) -> dict[str, Any]:
        return {"error": self.code} | ({"detail": self.detail} if self.detail is not None else {})


def bad_request(detail: Any) -> Problem:
    return Problem(400, "bad_request", detail)


def unauthorized() -> Problem:
    return Problem(401, "unauthorized")


def not_found() -> Problem:
    return Problem(404, "not_found")
