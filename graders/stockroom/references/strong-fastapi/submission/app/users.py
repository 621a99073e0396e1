"""Users in the database."""

from __future__ import annotations

import sqlite3

from app.clock import new_id, now_micros
from app.errors import ApiError


def user_exists(connection: sqlite3.Connection, user_id: str) -> bool:
    return connection.execute("SELECT 1 FROM users WHERE id = ?", (user_id,)).fetchone() is not None


def email_taken(connection: sqlite3.Connection, email: str) -> bool:
    return connection.execute("SELECT 1 FROM users WHERE email = ?", (email,)).fetchone() is not None


def add_user(connection: sqlite3.Connection, email: str, password_hash: str) -> str:
    user_id = new_id()
    added = connection.execute(
        "INSERT INTO users (id, email, password_hash, created_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (email) DO NOTHING",
        (user_id, email, password_hash, now_micros()),
    )
    if added.rowcount == 0:
        raise ApiError(409, "email_taken")
    return user_id


def credentials(connection: sqlite3.Connection, email: str) -> tuple[str, str] | None:
    """Id and password hash of the user with this e-mail address."""
    row = connection.execute("SELECT id, password_hash FROM users WHERE email = ?", (email,)).fetchone()
    return None if row is None else (row["id"], row["password_hash"])
