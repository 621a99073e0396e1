"""Password hashing: bcrypt over SHA-256, so that no character beyond the 72nd byte is ignored."""

from __future__ import annotations

import threading

from django.contrib.auth.hashers import BCryptSHA256PasswordHasher, check_password, make_password


class StockroomHasher(BCryptSHA256PasswordHasher):
    """About 50 ms a hash, so that two dozen clients at once are answered within 2 s on two cores."""

    rounds = 10


# At most two at once: other requests keep their share of the processor.
_busy = threading.BoundedSemaphore(2)


def hash_password(password: str) -> str:
    with _busy:
        return make_password(password)


def password_fits(stored: str | None, password: str) -> bool:
    """Takes as long for an unknown user, whose `stored` is None."""
    with _busy:
        if stored is None:
            make_password(password)
            return False
        return check_password(password, stored)
