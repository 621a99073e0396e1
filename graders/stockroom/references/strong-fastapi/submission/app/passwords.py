"""Salted argon2id hashes, computed in two threads of their own so that the event loop stays free."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Passwords:
    def __init__(self) -> None:
        # About 40 ms a hash: slow for a thief, and two dozen at once still answer within 2 s on two cores.
        self._hasher = PasswordHasher(time_cost=2, memory_cost=32 * 1024, parallelism=1)
        self._threads = ThreadPoolExecutor(2, "hash")
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Takes equally long for an unknown user (`stored` is None)."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._verify, stored, password)

    def close(self) -> None:
        self._threads.shutdown()

    def _verify(self, stored: str | None, password: str) -> bool:
        if self._decoy is None:
            self._decoy = self._hasher.hash("nobody has this password")
        try:
            return self._hasher.verify(stored or self._decoy, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False
