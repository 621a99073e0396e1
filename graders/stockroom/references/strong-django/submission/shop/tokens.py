"""Bearer tokens: signed by Django with SECRET_KEY, which is APP_SECRET. No state, so all instances accept them."""

from __future__ import annotations

import re
import secrets
import time

from django.conf import settings
from django.core import signing

_BEARER = re.compile(r"bearer +([A-Za-z0-9_.-]+)", re.IGNORECASE | re.ASCII)


def _signer() -> signing.Signer:
    return signing.Signer(salt="shop.access-token", sep=".")


def issue(user_id: str) -> str:
    expires = time.time() + settings.TOKEN_TTL_SECONDS
    return _signer().sign_object([user_id, expires, secrets.token_hex(8)])


def user_id_of(authorization: str) -> str | None:
    found = _BEARER.fullmatch(authorization)
    if found is None:
        return None
    try:
        user_id, expires, _ = _signer().unsign_object(found[1])
    except (signing.BadSignature, ValueError):
        return None
    return str(user_id) if time.time() < expires else None
