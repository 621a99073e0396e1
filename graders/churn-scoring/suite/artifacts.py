"""What a model folder holds, found without loading anything: the kind of each file, and what its pickles name.

Bounded in bytes, files and levels, as every file is hostile: an archive may unpack to anything, and an array may claim any size.
"""

import bz2
import gzip
import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import folders
from allowed import is_allowed
from pickles import Broken, Walk, walk

MOST_UNPACKED = 256 << 20
ALL_UNPACKED = 512 << 20
_INNER_UNPACKED = 64 << 20
_MOST_MEMBERS = 4_000
_MOST_LEVELS = 4
_CHUNK = 1 << 20
_ID = re.compile(rb"[0-9]{8}-[A-Z]{2}")
_CODE = re.compile(r"\.(py|pyc|pyo|so|dll|dylib|sh|ipynb|jar)$", re.IGNORECASE)
# A pickle without a frame begins with one of these when it is more than a number or a text.
_OLD_PICKLE = re.compile(rb"[c(\]}lidp]")


class Unreadable(Exception):
    """A file that says it is something, and is not to be read as that."""


@dataclass
class Artifact:
    """One file. `globals` is what unpickling it would look up; `problems` are sentences."""

    path: str
    size: int
    sha256: str
    kind: str
    globals: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)


@dataclass
class Inventory:
    """All files, and what is there that is no file."""

    artifacts: list[Artifact]
    others: list[str]

    def as_data(self) -> list[dict[str, Any]]:
        return [vars(artifact) for artifact in self.artifacts]


@dataclass
class _Budget:
    """What may still be unpacked of a folder."""

    left: int = ALL_UNPACKED
    members: int = _MOST_MEMBERS

    def take(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise Unreadable(f"more than {ALL_UNPACKED >> 20} MiB are unpacked")

    def member(self) -> None:
        self.members -= 1
        if self.members < 0:
            raise Unreadable(f"there are more than {_MOST_MEMBERS} members")


class _Found:
    """What one file names, and the budgets of all files."""

    def __init__(self, budget: _Budget, walked: Walk) -> None:
        self.budget = budget
        self.walked = walked
        self.ids: set[bytes] = set()


def take_stock(folder: Path) -> Inventory:
    """Looks at every file."""
    others = [name for name, plain in folders.names(folder) if not plain]
    found = _Found(_Budget(), Walk())
    return Inventory([_artifact(name, content, found) for name, content in folders.files(folder)], others)


def _artifact(name: str, content: bytes, found: _Found) -> Artifact:
    found.walked.globals, found.ids = set(), set()
    artifact = Artifact(name, len(content), folders.digest(content), "")
    try:
        artifact.kind = _look(content, found, 0, name)
    except Unreadable as error:
        artifact.kind = "unreadable"
        artifact.problems.append(f"{name} cannot be looked through: {error}")
    named = found.walked.globals
    artifact.globals = sorted(named)[:200]
    artifact.ids = sorted(one.decode() for one in found.ids)
    bad = sorted(one for one in named if not is_allowed(one))
    if bad:
        artifact.problems.append(f"{name} names {', '.join(bad[:5])}")
    if artifact.kind == "code" or _CODE.search(name):
        artifact.problems.append(f"{name} is code")
    return artifact


def look_inside(content: bytes, walked: Walk, level: int) -> None:
    """Walks the pickles of an archive that is a byte string of a pickle."""
    inner = _Found(_Budget(left=_INNER_UNPACKED), walked)
    try:
        _look(content, inner, level, "")
    except Unreadable as error:
        raise Broken(str(error)) from None


def _look(content: bytes, found: _Found, level: int, name: str) -> str:
    """The kind of the bytes; adds what they name. Raises `Unreadable`."""
    _note_ids(content, found)
    if level > _MOST_LEVELS:
        raise Unreadable(f"it is packed more than {_MOST_LEVELS} times")
    if content[:2] == b"PK" and zipfile.is_zipfile(io.BytesIO(content)):
        return _zip(content, found, level)
    if content[:6] == b"\x93NUMPY":
        return _npy(content, found)
    for kind, unpack in (("gzip", _gzip), ("bz2", _bz2), ("xz", _xz), ("zlib", _zlib)):
        inner = unpack(content, found.budget)
        if inner is not None:
            return f"{kind}: {_look(inner, found, level + 1, name)}"
    if content[:4] in (b"\x04\x22\x4d\x18", b"\x28\xb5\x2f\xfd"):
        raise Unreadable("it is compressed in a way that the standard library cannot undo")
    if content[:4] == b"\x7fELF" or content[:2] == b"#!":
        return "code"
    if content[:1] == b"\x80" and content[1:2] <= b"\x05":
        return _pickle(content, found)
    if _OLD_PICKLE.match(content):
        return _maybe_pickle(content, found)
    return _plain_kind(content, name)


def _note_ids(content: bytes, found: _Found) -> None:
    """Customer ids in text of any width: numpy stores four bytes a character."""
    found.ids.update(_ID.findall(content))
    if b"\0-\0" in content:
        found.ids.update(_ID.findall(content.replace(b"\0", b"")))


def _zip(content: bytes, found: _Found, level: int) -> str:
    names = []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for info in archive.infolist():
                found.budget.member()
                names.append(info.filename)
                with archive.open(info) as member:
                    inner = _read(member, found.budget)
                _look(inner, found, level + 1, info.filename)
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        OSError,
        EOFError,
        RuntimeError,
        ValueError,
    ) as error:
        # Also an encrypted member, or a method of packing that is not known.
        raise Unreadable(f"a broken archive ({type(error).__name__})") from None
    if "schema.json" in names:
        return "skops"
    if any(name.endswith("data.pkl") for name in names):
        return "torch archive"
    if names and all(name.endswith(".npy") for name in names):
        return "npz"
    return "zip"


def _read(file: Any, budget: _Budget) -> bytes:
    parts = []
    while part := file.read(_CHUNK):
        budget.take(len(part))
        parts.append(part)
        if len(parts) * _CHUNK > MOST_UNPACKED:
            raise Unreadable(f"it unpacks to more than {MOST_UNPACKED >> 20} MiB")
    return b"".join(parts)


def _gzip(content: bytes, budget: _Budget) -> bytes | None:
    return _unpacked(content[:2] == b"\x1f\x8b", lambda raw: gzip.GzipFile(fileobj=raw), content, budget)


def _bz2(content: bytes, budget: _Budget) -> bytes | None:
    return _unpacked(content[:3] == b"BZh", bz2.BZ2File, content, budget)


def _xz(content: bytes, budget: _Budget) -> bytes | None:
    is_xz = content[:6] == b"\xfd7zXZ\0" or content[:3] == b"\x5d\0\0"
    return _unpacked(is_xz, lzma.LZMAFile, content, budget)


def _zlib(content: bytes, budget: _Budget) -> bytes | None:
    if content[:1] != b"\x78" or len(content) < 2 or int.from_bytes(content[:2]) % 31:
        return None
    unpacker = zlib.decompressobj()
    parts, rest = [], content
    try:
        while not unpacker.eof and rest:
            parts.append(unpacker.decompress(rest, _CHUNK))
            budget.take(len(parts[-1]))
            if len(parts) * _CHUNK > MOST_UNPACKED + len(content):
                raise Unreadable(f"it unpacks to more than {MOST_UNPACKED >> 20} MiB")
            rest = unpacker.unconsumed_tail
    except zlib.error as error:
        raise Unreadable(f"a broken stream ({error})") from None
    return b"".join(parts)


def _unpacked(applies: bool, opened: Any, content: bytes, budget: _Budget) -> bytes | None:
    if not applies:
        return None
    try:
        return _read(opened(io.BytesIO(content)), budget)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise Unreadable(f"a broken stream ({type(error).__name__})") from None


def _npy(content: bytes, found: _Found) -> str:
    """An array of objects is a pickle behind a header."""
    wide = content[6:7] != b"\x01"
    start = 12 if wide else 10
    try:
        (length,) = struct.unpack("<I" if wide else "<H", content[8:start])
    except struct.error:
        raise Unreadable("an array without a header") from None
    header = content[start : start + length]
    if re.search(rb"'descr':\s*'[|<>=]?O", header) or (b"[" in header and b"O'" in header):
        return f"npy: {_pickle(content[start + length :], found)}"
    return "npy"


def _pickle(content: bytes, found: _Found) -> str:
    try:
        walk(content, found.walked)
    except Broken as error:
        raise Unreadable(f"a pickle that cannot be followed to its end ({error})") from None
    return "pickle"


def _maybe_pickle(content: bytes, found: _Found) -> str:
    """Protocols 0 and 1 have no mark at the beginning: what reads as one and names something is one."""
    tried = Walk(set(), found.walked.opcodes, found.walked.archives)
    try:
        walk(content, tried)
    except Broken:
        tried.globals = set()
    found.walked.opcodes, found.walked.archives = tried.opcodes, tried.archives
    found.walked.globals |= tried.globals
    return "pickle" if tried.globals else _plain_kind(content, "")


def _plain_kind(content: bytes, name: str) -> str:
    head = content[:64].lstrip()
    if name.endswith(".onnx") or (content[:1] == b"\x08" and b"onnx" in content[:4096].lower()):
        return "onnx"
    if len(content) > 8 and int.from_bytes(content[:8], "little") < len(content) and content[8:9] == b"{":
        return "safetensors"
    if head[:5] == b"tree\n":
        return "lightgbm"
    if head[:1] in (b"{", b"["):
        return "json"
    if content[:2] in (b"{L", b"{l") or b"learner" in content[:64]:
        return "xgboost"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "binary"
    return "text"


def ids_in(inventory: Inventory, known: set[str]) -> Iterator[tuple[str, str]]:
    """(file, id) for each file that holds the id of a customer of the training data."""
    for artifact in inventory.artifacts:
        hits = sorted(known.intersection(artifact.ids))
        if hits:
            yield artifact.path, hits[0]
