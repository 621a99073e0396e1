"""Registration and tokens."""

from __future__ import annotations

from django.conf import settings
from django.db import IntegrityError
from django.http import HttpRequest, JsonResponse

from shop import values
from shop.errors import ApiError
from shop.models import User
from shop.passwords import hash_password, password_fits
from shop.tokens import issue
from shop.transactions import writing

MAX_PASSWORD = 1000


def register(request: HttpRequest) -> JsonResponse:
    body = values.json_object(request)
    user = User(email=values.email(body))
    user.password = hash_password(values.text(body, "password", 10, MAX_PASSWORD))
    try:
        with writing():
            user.save(force_insert=True)
    except IntegrityError:
        raise ApiError(409, "email_taken") from None
    return JsonResponse({"id": user.id, "email": user.email}, status=201)


def token(request: HttpRequest) -> JsonResponse:
    body = values.json_object(request)
    address = values.lower(values.text(body, "email", 0, 254))
    password = values.text(body, "password", 0, MAX_PASSWORD)
    user = User.objects.filter(email=address).first()
    if not password_fits(user.password if user else None, password) or user is None:
        raise ApiError(401, "unauthorized")
    answer = {
        "access_token": issue(user.id),
        "token_type": "bearer",
        "expires_in": settings.TOKEN_TTL_SECONDS,
    }
    return JsonResponse(answer, headers={"Cache-Control": "no-store"})
