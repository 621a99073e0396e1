"""Model folders are hostile: read without following a link, without waiting for a pipe, and bounded in number and size."""

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from takehome_suite.outcome import Unmet, require, short
from takehome_suite.submission import NotAFile, take

MOST_FILES = 1_000
MOST_LEVELS = 8
FILE_BYTES = 256 << 20
ALL_BYTES = 512 << 20
_DOCUMENT_BYTES = 4 << 20
METADATA = ("manifest.json", "metrics.json", "MODEL_CARD.md")


def names(folder: Path) -> Iterator[tuple[str, bool]]:
    """(path below the folder, whether it is a plain file) of everything that is no folder."""
    count = 0
    waiting = [("", 0)]
    while waiting:
        prefix, level = waiting.pop()
        for name, mode in _entries(folder, prefix):
            count += 1
            if count > MOST_FILES or level > MOST_LEVELS:
                raise Unmet(
                    "The model folder holds too much to look at.", expected=f"at most {MOST_FILES} files"
                )
            if stat.S_ISDIR(mode):
                waiting.append((f"{prefix}{name}/", level + 1))
            else:
                yield f"{prefix}{name}", stat.S_ISREG(mode)


def _entries(folder: Path, prefix: str) -> list[tuple[str, int]]:
    """(name, mode), sorted, and one more than are looked at if there are that many."""
    try:
        here = os.open(folder / prefix, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            with os.scandir(here) as entries:
                found = [
                    (entry.name, entry.stat(follow_symlinks=False).st_mode)
                    for entry in islice(entries, MOST_FILES + 1)
                ]
        finally:
            os.close(here)
    except OSError as error:
        place = short(prefix, 60) or "The model folder"
        raise Unmet(f"{place} cannot be read: {os.strerror(error.errno or 0)}.") from None
    return sorted(found)


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The plain files, by path, with their bytes."""
    left = ALL_BYTES
    for name, plain in names(folder):
        if plain:
            content = _content(folder, name)
            left -= len(content)
            if left < 0:
                raise Unmet(
                    "The model folder is too large to look at.", expected=f"at most {ALL_BYTES} bytes"
                )
            yield name, content


def _content(folder: Path, name: str) -> bytes:
    try:
        return take(folder, name, most=FILE_BYTES)
    except NotAFile as error:
        raise Unmet(f"In the model folder, {short(str(error))}.") from None


def document(folder: Path, name: str) -> dict[str, Any]:
    """A JSON object in a file."""
    try:
        value = json.loads(take(folder, name, most=_DOCUMENT_BYTES))
    except NotAFile as error:
        raise Unmet(f"In the model folder, {short(str(error))}.", expected=name, observed=None) from None
    except (ValueError, RecursionError) as error:
        raise Unmet(f"{name} is no JSON: {short(str(error), 80)}.") from None
    if not isinstance(value, dict):
        raise Unmet(f"{name} is no JSON object.", observed=short(value))
    return value


def write_document(folder: Path, name: str, value: dict[str, Any]) -> None:
    """Replaces a JSON document of a folder that is a copy."""
    (folder / name).write_text(json.dumps(value), encoding="utf-8")


def copy_plain(source: Path, target: Path) -> None:
    """Copies the plain files. A folder that holds anything else cannot be copied so."""
    require(all(plain for _, plain in names(source)), "the model folder holds links or pipes")
    for name, content in files(source):
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def listed(folder: Path) -> dict[str, Any]:
    """`files` of the manifest."""
    found = document(folder, "manifest.json").get("files")
    if not isinstance(found, dict) or not found:
        raise Unmet(
            "manifest.json has no files.",
            expected="an object from relative path to sha256",
            observed=short(found),
        )
    return found
