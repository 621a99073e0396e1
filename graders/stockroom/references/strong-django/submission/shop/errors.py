"""Errors that clients see."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse


class ApiError(Exception):
    def __init__(self, status: int, error: str, **members: Any) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.members = members

    def response(self) -> JsonResponse:
        response = JsonResponse({"error": self.error, **self.members}, status=self.status)
        if self.status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        return response


def invalid(field: str) -> ApiError:
    return ApiError(422, "invalid", field=field)


def not_found() -> ApiError:
    return ApiError(404, "not_found")
