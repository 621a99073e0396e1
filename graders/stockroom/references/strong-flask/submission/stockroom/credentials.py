"""Passwords and access tokens."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time

from itsdangerous import BadData, URLSafeSerializer
from werkzeug.security import check_password_hash, generate_password_hash

# About 40 ms each. At most two at once, so that a burst of logins leaves the processor to others.
_METHOD = "scrypt:16384:8:1"
_hashing = threading.BoundedSemaphore(2)
_BEARER = re.compile(r"bearer +([A-Za-z0-9_.-]+)", re.IGNORECASE | re.ASCII)
_UPPER, _LOWER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"
_TO_LOWER = str.maketrans(_UPPER, _LOWER)


def email_key(email: str) -> str:
    return email.translate(_TO_LOWER)


def hash_password(password: str) -> str:
    with _hashing:
        return generate_password_hash(password, _METHOD)


def password_matches(stored: str | None, password: str) -> bool:
    """Works as long for an unknown user, whose `stored` is None."""
    if stored is None:
        hash_password(password)
        return False
    with _hashing:
        return check_password_hash(stored, password)


class TokenBox:
    """Makes and opens signed tokens. No state: every instance with the secret opens every token."""

    def __init__(self, secret: str, ttl: int) -> None:
        self.ttl = ttl
        self._serializer = URLSafeSerializer(
            secret,
            salt="stockroom.access",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )

    def make(self, user_id: str) -> str:
        token = self._serializer.dumps([user_id, time.time() + self.ttl, secrets.token_hex(8)])
        return token if isinstance(token, str) else token.decode()

    def open(self, authorization: str) -> str | None:
        found = _BEARER.fullmatch(authorization)
        if found is None:
            return None
        try:
            user_id, expires, _ = self._serializer.loads(found[1])
        except (BadData, ValueError):
            return None
        return str(user_id) if time.time() < expires else None
