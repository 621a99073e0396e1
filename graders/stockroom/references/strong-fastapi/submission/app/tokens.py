"""Stateless bearer tokens: signed with a key made from APP_SECRET, so both instances accept them."""

from __future__ import annotations

import hashlib
import re
import secrets
import time

import jwt

_ALGORITHM = "HS256"
_BEARER = re.compile(r"bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)", re.ASCII | re.IGNORECASE)


class Tokens:
    def __init__(self, app_secret: str, ttl_seconds: int) -> None:
        # A derived key has the right length whatever the secret's length is.
        self._key = hashlib.sha256(b"stockroom access token:" + app_secret.encode()).digest()
        self.ttl_seconds = ttl_seconds

    def issue(self, user_id: str) -> str:
        # Rounded, because the library compares whole seconds: never off by more than half a second.
        expires = round(time.time() + self.ttl_seconds)
        claims = {"sub": user_id, "exp": expires, "jti": secrets.token_hex(8)}
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def user_id(self, authorization: str) -> str | None:
        """The user of a valid `Authorization` header, else None."""
        found = _BEARER.fullmatch(authorization)
        if found is None:
            return None
        try:
            claims = jwt.decode(
                found[1], self._key, algorithms=[_ALGORITHM], options={"require": ["sub", "exp"]}
            )
        except jwt.PyJWTError:
            return None
        return str(claims["sub"])
