"""Passwords and access tokens."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from concurrent.futures import ThreadPoolExecutor

from itsdangerous import BadData, URLSafeSerializer
from werkzeug.security import check_password_hash, generate_password_hash

# About 40 ms and 16 MiB each. In two threads of their own: a burst of logins leaves the processor to others, and the
# allocator keeps that memory for two threads, not for each that ever hashed.
_METHOD = "scrypt:16384:8:1"
_hashing = ThreadPoolExecutor(2, "hash")
_BEARER = re.compile(r"bearer +([A-Za-z0-9_.-]+)", re.IGNORECASE | re.ASCII)
_UPPER, _LOWER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"
_TO_LOWER = str.maketrans(_UPPER, _LOWER)


def email_key(email: str) -> str:
    return email.translate(_TO_LOWER)


def hash_password(password: str) -> str:
    return _hashing.submit(generate_password_hash, password, _METHOD).result()


def password_matches(stored: str | None, password: str) -> bool:
    """Works as long for an unknown user, whose `stored` is None."""
    if stored is None:
        hash_password(password)
        return False
    return _hashing.submit(check_password_hash, stored, password).result()


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
