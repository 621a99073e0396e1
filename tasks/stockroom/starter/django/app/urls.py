"""Paths: healthz works, everything else answers 501."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import path, re_path


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def not_implemented(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"error": "not_implemented"}, status=501)


urlpatterns = [path("healthz", healthz), re_path(r"", not_implemented)]
