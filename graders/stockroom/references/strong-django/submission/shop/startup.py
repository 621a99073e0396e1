"""Brings the database up to date before the first request."""

from __future__ import annotations

import fcntl

from django.conf import settings
from django.core.management import call_command
from django.db import connections


def migrate_once() -> None:
    """Django's migrations must not run twice at once; the lock ends with the process, however it ends."""
    path = f"{settings.DATABASES['default']['NAME']}.migrate-lock"
    with open(path, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        call_command("migrate", interactive=False, verbosity=0)
    # The worker is forked after this, and SQLite connections must not be carried over.
    connections.close_all()
