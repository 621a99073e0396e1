"""Views that belong to no model, and the dispatch by method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

View = Callable[..., HttpResponse]


def by_method(**views: View) -> View:
    allowed = ", ".join(sorted(views))

    def dispatch(request: HttpRequest, **ids: str) -> HttpResponse:
        view = views.get(request.method or "")
        if view is None:
            response = JsonResponse({"error": "method_not_allowed"}, status=405)
            response.headers["Allow"] = allowed
            return response
        return view(request, **ids)

    return dispatch


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def unknown_path(request: HttpRequest, exception: Any = None) -> JsonResponse:
    return JsonResponse({"error": "not_found"}, status=404)


def server_error(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"error": "internal"}, status=500)
