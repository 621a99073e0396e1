"""The stored data of a service that has stopped, read as hostile data: raw files and rows of SQLite."""

import base64
import hashlib
import hmac
import os
import re
import shutil
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILES = 200
FILE_BYTES = 64 << 20
TOTAL_BYTES = 256 << 20
ROWS = 100_000
# Characters of an id that stands for nothing else.
TELLING = 8
# What tables of users are called, and columns that refer to them.
USERS = re.compile("user|account|owner|member|person|people", re.IGNORECASE)
REFERRING = re.compile("(user|account|owner|member|person)_?(id|pk|key|ref)?$", re.IGNORECASE)
HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
ALGORITHM_OF_SIZE = {
    16: ("md5",),
    20: ("sha1",),
    28: ("sha224",),
    32: ("sha256",),
    48: ("sha384",),
    64: ("sha512",),
}


def read_regular(file: Path, limit: int = FILE_BYTES) -> bytes | None:
    """The bytes of a regular file, at most `limit`; nothing for links, pipes, devices and folders."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            return None
        return opened.read(limit)


def stored_files(folder: Path) -> dict[str, bytes]:
    """All regular files of the data folder by their relative names, bounded."""
    files: dict[str, bytes] = {}
    total = 0
    for place, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        for name in sorted(names):
            if len(files) >= FILES or total >= TOTAL_BYTES:
                return files
            content = read_regular(Path(place) / name)
            if content is not None:
                files[os.path.relpath(Path(place) / name, folder)] = content
                total += len(content)
    return files


def plain_forms(password: str) -> dict[str, bytes]:
    """How a password looks when it is stored as it is or only encoded."""
    raw = password.encode()
    return {
        "the password itself": raw,
        "the password in base64": base64.b64encode(raw).rstrip(b"="),
        "the password in hex": raw.hex().encode(),
        "the password in UTF-16": password.encode("utf-16-le"),
        "the password backwards": raw[::-1],
    }


def fast_forms(password: str) -> dict[str, bytes]:
    """The unsalted fast hashes of a password, in the spellings in which they are stored."""
    raw = password.encode()
    forms = {}
    for name in HASHES:
        digest = hashlib.new(name, raw).digest()
        forms[f"the {name} of the password"] = digest
        forms[f"the {name} of the password in hex"] = digest.hex().encode()
        forms[f"the {name} of the password in upper-case hex"] = digest.hex().upper().encode()
        forms[f"the {name} of the password in base64"] = base64.b64encode(digest).rstrip(b"=")
        forms[f"the {name} of the password in URL-safe base64"] = base64.urlsafe_b64encode(digest).rstrip(
            b"="
        )
    return forms


@dataclass(frozen=True)
class Cell:
    """A stored value and where it stands."""

    table: str
    column: str
    value: str | bytes


@dataclass(frozen=True)
class Named:
    """How a user is named in stored rows."""

    id: str
    email: str

    @classmethod
    def of(cls, person: dict[str, str]) -> "Named":
        return cls(_normal(person["id"]), _normal(person["email"]))


def rows_about(files: dict[str, bytes], scratch: Path, user: Named, others: Iterable[Named]) -> list[Cell]:
    """The texts and blobs in all rows that name a user and none of the others."""
    found: list[Cell] = []
    # A database and its journal belong together, so all files are copied before one is opened.
    for name, content in files.items():
        target = scratch / name
        target.parent.mkdir(parents=True, exist_ok=True)
        # The shared-memory file belongs to processes that are gone; SQLite makes it anew from the journal.
        if not name.endswith("-shm"):
            target.write_bytes(content)
    for name, content in files.items():
        if content.startswith(b"SQLite format 3\0"):
            found += _rows_about(scratch / name, user, list(others))
    shutil.rmtree(scratch, ignore_errors=True)
    return found


def _rows_about(file: Path, user: Named, others: list[Named]) -> list[Cell]:
    found: list[Cell] = []
    try:
        with closing(sqlite3.connect(file)) as database:
            database.text_factory = lambda raw: raw.decode("utf-8", "replace")
            database.execute("PRAGMA trusted_schema = OFF")
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchmany(100)
            for (table,) in tables:
                cursor = database.execute(f"SELECT * FROM {_quoted(table)} LIMIT {ROWS}")
                columns = [str(column[0]) for column in cursor.description]
                referring = {column for column in columns if _refers_to_users(database, table, column)}
                for row in cursor:
                    cells = list(zip(columns, row, strict=True))
                    if _names(cells, referring, user) and not any(
                        _names(cells, referring, other) for other in others
                    ):
                        found += [
                            Cell(str(table), column, value)
                            for column, value in cells
                            if isinstance(value, str | bytes)
                        ]
    except sqlite3.Error:
        # A file that is no sound database holds no rows; the search of its raw bytes stays.
        return found
    return found


def _names(cells: list[tuple[str, Any]], referring: set[str], user: Named) -> bool:
    """Whether a row names the user.

    A short id, such as a number that counts, names nobody where any number may stand: a stock, a version, an item's id.
    """
    return any(
        _is(value, user.email) or ((len(user.id) >= TELLING or column in referring) and _is(value, user.id))
        for column, value in cells
    )


def _refers_to_users(database: sqlite3.Connection, table: str, column: str) -> bool:
    """Whether a column holds ids of users, by its name or as a foreign key."""
    keys = database.execute(
        'SELECT "table" FROM pragma_foreign_key_list(?) WHERE "from" = ?', (table, column)
    )
    return REFERRING.search(column) is not None or any(USERS.search(str(target)) for (target,) in keys)


def _quoted(table: str) -> str:
    return '"' + table.replace('"', '""') + '"'


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bytes):
        return value.hex() == name
    return isinstance(value, str | int) and _normal(str(value)) == name


def _normal(name: str) -> str:
    """A name as rows are searched for it: a service may store an id without its dashes."""
    return name.replace("-", "").lower()


def hash_like(value: str | bytes) -> bool:
    """Whether a value may be a hash: long enough, and neither a time nor an address."""
    if len(value) < 16:
        return False
    if isinstance(value, bytes):
        return True
    return re.match(r"\d{4}-\d\d-\d\d", value) is None and "@" not in value and " " not in value


def fast_salted(cells: list[Cell], password: str) -> str | None:
    """How a stored value was made from the password and a stored salt with one fast hash, if it was."""
    raw = password.encode()
    parts = set(_parts(cells))
    for digest in _digests(parts):
        for salt in parts:
            for algorithm in ALGORITHM_OF_SIZE[len(digest)]:
                made = {
                    f"{algorithm}(salt + password)": hashlib.new(algorithm, salt + raw).digest(),
                    f"{algorithm}(password + salt)": hashlib.new(algorithm, raw + salt).digest(),
                    f"hmac-{algorithm}(salt, password)": hmac.new(salt, raw, algorithm).digest(),
                }
                for how, value in made.items():
                    if value == digest:
                        return how
    return None


def _parts(cells: list[Cell]) -> Iterator[bytes]:
    for cell in cells:
        texts = [cell.value] if isinstance(cell.value, bytes) else []
        if isinstance(cell.value, str):
            texts = [part.encode() for part in {cell.value, *re.split(r"[$:,.|;]", cell.value)} if part]
        for text in texts[:20]:
            yield text
            decoded = _decoded(text)
            if decoded is not None:
                yield from decoded


def _decoded(text: bytes) -> list[bytes] | None:
    forms = []
    with suppress(ValueError):
        forms.append(bytes.fromhex(text.decode("ascii")))
    with suppress(ValueError):
        forms.append(base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True))
    return forms or None


def _digests(parts: set[bytes]) -> list[bytes]:
    return [part for part in parts if len(part) in ALGORITHM_OF_SIZE]
