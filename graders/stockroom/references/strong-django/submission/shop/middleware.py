"""Errors as JSON, and authentication in front of routing."""

from __future__ import annotations

import traceback
from collections.abc import Callable

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse

from shop.errors import ApiError, not_found
from shop.logs import FAILURE, TOO_LARGE, raw_path
from shop.models import User
from shop.tokens import user_id_of

PUBLIC = frozenset({"/healthz", "/auth/register", "/auth/token"})

Next = Callable[[HttpRequest], HttpResponse]


class ErrorsAsJson:
    def __init__(self, get_response: Next) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse:
        if isinstance(error, ApiError):
            return error.response()
        if isinstance(error, OperationalError) and "locked" in str(error):
            return JsonResponse({"error": "database_busy"}, status=503, headers={"Retry-After": "1"})
        # Kind and place, not the message: that can hold what the client sent.
        place = traceback.extract_tb(error.__traceback__)[-1]
        request.META[FAILURE] = f"{type(error).__name__} in {place.name}:{place.lineno}"
        return JsonResponse({"error": "internal"}, status=500)


class Authentication:
    """401 for a missing or invalid token on every path that is not public, known or not."""

    def __init__(self, get_response: Next) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            self._admit(request)
        except ApiError as error:
            return error.response()
        return self._get_response(request)

    def _admit(self, request: HttpRequest) -> None:
        if request.path_info not in PUBLIC:
            user_id = user_id_of(request.headers.get("Authorization", ""))
            if user_id is None or not User.objects.filter(pk=user_id).exists():
                raise ApiError(401, "unauthorized")
            request.META["shop.user_id"] = user_id
        if request.META[TOO_LARGE]:
            raise ApiError(413, "body_too_large")
        if "%2f" in raw_path(request.META).lower():
            # Belongs to an id, and no id has a slash; routing would see it decoded.
            raise not_found()


def user_id(request: HttpRequest) -> str:
    """The authenticated user of a request that is not public."""
    found: str = request.META["shop.user_id"]
    return found
