"""Write transactions: BEGIN IMMEDIATE, short, never around a call to another service."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

# Only keeps this process's threads from polling SQLite's lock against each other; the database decides the rest.
_queue = threading.Lock()


@contextmanager
def writing() -> Iterator[None]:
    """Committed when the block ends well, rolled back when it raises."""
    with _queue, transaction.atomic():
        yield
