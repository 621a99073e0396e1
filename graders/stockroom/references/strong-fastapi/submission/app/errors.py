"""The one exception that handlers raise for an expected error, and its JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse


class ApiError(Exception):
    def __init__(
        self, status: int, code: str, headers: Mapping[str, str] | None = None, **members: Any
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.headers = headers
        self.members = members

    def response(self) -> JSONResponse:
        body = {"error": self.code, **self.members}
        return JSONResponse(body, self.status, headers=self.headers)


def invalid(*fields: str) -> ApiError:
    return ApiError(422, "invalid", fields=sorted(set(fields)))


def not_found() -> ApiError:
    return ApiError(404, "not_found")


def unauthorized() -> ApiError:
    return ApiError(401, "unauthorized", headers={"WWW-Authenticate": "Bearer"})
