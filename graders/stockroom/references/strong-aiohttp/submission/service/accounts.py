"""Users, passwords and tokens.

Tokens are random. The database holds their HMAC, so neither a copy of it nor another secret makes one valid.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web

from service import wire
from service.database import Database
from service.problems import Problem, invalid

MAX_PASSWORD = 1000
MAX_EMAIL = 254
_BEARER = re.compile(r"bearer +([A-Za-z0-9_-]{43})", re.IGNORECASE | re.ASCII)
_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f]+@[^\s@\x00-\x1f\x7f]+")
_TO_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


class Accounts:
    def __init__(self, database: Database, secret: bytes, token_seconds: int) -> None:
        self._database = database
        self._secret = secret
        self._token_seconds = token_seconds
        # Two at once leave the processor to other requests.
        self._hashing = ThreadPoolExecutor(2, "hash")

    def close(self) -> None:
        self._hashing.shutdown()

    async def register(self, request: web.Request) -> web.Response:
        body = await wire.read_object(request)
        email = wire.text(body, "email", 3, MAX_EMAIL).translate(_TO_LOWER)
        if not _EMAIL.fullmatch(email):
            raise invalid("email")
        password = await self._hash(wire.text(body, "password", 10, MAX_PASSWORD), secrets.token_bytes(16))
        user_id = wire.new_id()

        def add(connection: sqlite3.Connection) -> None:
            statement = (
                "INSERT INTO users (id, email, password) VALUES (?, ?, ?) ON CONFLICT (email) DO NOTHING"
            )
            if connection.execute(statement, (user_id, email, password)).rowcount == 0:
                raise Problem(409, "email_taken")

        await self._database.write(add)
        return web.json_response({"id": user_id, "email": email}, status=201)

    async def log_in(self, request: web.Request) -> web.Response:
        body = await wire.read_object(request)
        email = wire.text(body, "email", 0, MAX_EMAIL).translate(_TO_LOWER)
        password = wire.text(body, "password", 0, MAX_PASSWORD)
        statement = "SELECT id, password FROM users WHERE email = ?"
        user = await self._database.read(lambda c: c.execute(statement, (email,)).fetchone())
        # As slow for an unknown user.
        salt = bytes.fromhex(user["password"].partition(":")[0]) if user else secrets.token_bytes(16)
        hashed = await self._hash(password, salt)
        if user is None or not hmac.compare_digest(hashed, user["password"]):
            raise Problem(401, "unauthorized")
        token = secrets.token_urlsafe(32)
        row = (self._digest(token), user["id"], time.time() + self._token_seconds)

        def add(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM tokens WHERE expires < ?", (time.time(),))
            connection.execute("INSERT INTO tokens (digest, user_id, expires) VALUES (?, ?, ?)", row)

        await self._database.write(add)
        answer = {"access_token": token, "token_type": "bearer", "expires_in": self._token_seconds}
        return web.json_response(answer, headers={"Cache-Control": "no-store"})

    async def user_of(self, authorization: str) -> str:
        """The id of the user whose valid token this header holds; 401 if there is none."""
        found = _BEARER.fullmatch(authorization)
        if found:
            values = (self._digest(found[1]), time.time())
            statement = "SELECT user_id FROM tokens WHERE digest = ? AND expires > ?"
            row = await self._database.read(lambda c: c.execute(statement, values).fetchone())
            if row:
                return str(row["user_id"])
        raise Problem(401, "unauthorized")

    def _digest(self, token: str) -> bytes:
        return hmac.digest(self._secret, token.encode(), "sha256")

    async def _hash(self, password: str, salt: bytes) -> str:
        """scrypt, about 40 ms and 16 MiB; the salt in front."""

        def work() -> str:
            hashed = hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)
            return f"{salt.hex()}:{hashed.hex()}"

        return await asyncio.get_running_loop().run_in_executor(self._hashing, work)
