"""Hashes of passwords in databases as services lay them out: what has a salt is never accused, what has none is found."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import test_secrets_after as suite
from takehome_suite.outcome import Unmet

SHARED, OTHER = "one for two of them", "and another"
INTEGERS = ("40", "41", "42")
UUIDS = tuple(f"{number:08x}-0000-4000-8000-000000000000" for number in (7, 8, 9))
NUMBERED = ("usr_40", "usr_41", "usr_42")


def people(ids: tuple[str, ...]) -> list[dict[str, str]]:
    passwords = (SHARED, SHARED, OTHER)
    return [
        {"id": id_, "email": f"person-{number}@example.com", "password": password}
        for number, (id_, password) in enumerate(zip(ids, passwords, strict=True))
    ]


def salted(person: dict[str, str]) -> str:
    salt = hashlib.md5(person["email"].encode()).digest()
    return hashlib.pbkdf2_hmac("sha256", person["password"].encode(), salt, 1000).hex()


def saltless(person: dict[str, str]) -> str:
    return hashlib.pbkdf2_hmac("sha256", person["password"].encode(), b"the same for all", 1000).hex()


def fast(person: dict[str, str]) -> str:
    salt = person["email"][:12].encode().hex()
    return f"{salt}${hashlib.sha256(bytes.fromhex(salt) + person['password'].encode()).hexdigest()}"


def shop(place: Path, users: list[dict[str, str]], hashed: Any, *, apart: bool = False) -> dict[str, bytes]:
    """The files of a shop whose items, orders and keys have numbers that are ids of the users as well."""
    file = place / "app.db"
    with closing(sqlite3.connect(file)) as database:
        database.executescript(
            """
            CREATE TABLE users (id, email TEXT, hash TEXT);
            CREATE TABLE credentials (user_id, hash TEXT);
            CREATE TABLE items (id INTEGER PRIMARY KEY, sku TEXT, stock INTEGER, version INTEGER);
            CREATE TABLE orders (id INTEGER PRIMARY KEY, item INTEGER, quantity INTEGER, request TEXT);
            """
        )
        for user in users:
            stored = int(user["id"]) if user["id"].isdigit() else user["id"]
            database.execute(
                "INSERT INTO users VALUES (?, ?, ?)", (stored, user["email"], "" if apart else hashed(user))
            )
            if apart:
                database.execute("INSERT INTO credentials VALUES (?, ?)", (stored, hashed(user)))
        for number in range(1, 60):
            # Each number stands in some row beside each of the ids.
            database.execute(
                "INSERT INTO items VALUES (?, ?, 40, 41)", (number, f"sku-of-the-item-{number:04}")
            )
            request = '{"item_id":"7","quantity":1}'
            database.execute("INSERT INTO orders VALUES (?, 7, 42, ?)", (number, request))
        database.commit()
    return {"app.db": file.read_bytes()}


def salts_differ(stored: dict[str, bytes], users: list[dict[str, str]], place: Path) -> None:
    suite.test_users_with_one_password_have_different_hashes(stored, users, run(place))


def run(place: Path) -> Any:
    return SimpleNamespace(state_dir=place)


@pytest.mark.parametrize("apart", [False, True], ids=["with-the-user", "in-a-table-of-its-own"])
@pytest.mark.parametrize("ids", [INTEGERS, UUIDS, NUMBERED], ids=["integers", "uuids", "prefixed"])
class TestLayouts:
    def test_salted_hashes_are_no_finding(self, tmp_path: Path, ids: tuple[str, ...], apart: bool) -> None:
        users = people(ids)
        stored = shop(tmp_path, users, salted, apart=apart)
        salts_differ(stored, users, tmp_path)
        suite.test_passwords_are_not_hashed_fast(stored, users, run(tmp_path))

    def test_hashes_without_a_salt_are_found(self, tmp_path: Path, ids: tuple[str, ...], apart: bool) -> None:
        users = people(ids)
        with pytest.raises(Unmet, match="there is no salt"):
            salts_differ(shop(tmp_path, users, saltless, apart=apart), users, tmp_path)

    def test_fast_hashes_are_found(self, tmp_path: Path, ids: tuple[str, ...], apart: bool) -> None:
        users = people(ids)
        stored = shop(tmp_path, users, fast, apart=apart)
        salts_differ(stored, users, tmp_path)
        with pytest.raises(Unmet, match="slow hash"):
            suite.test_passwords_are_not_hashed_fast(stored, users, run(tmp_path))
