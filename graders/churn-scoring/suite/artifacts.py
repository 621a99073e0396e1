"""What a model folder holds, found without loading anything: the kind of each file, and what its pickles name.

Bounded in bytes, files and levels, as every file is hostile: an archive may unpack to anything, and an array may claim any size.
"""

import ast
import bz2
import codecs
import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import folders
from allowed import is_allowed
from pickles import Broken, Exhausted, Walk, walk

MOST_UNPACKED = 256 << 20
ALL_UNPACKED = 512 << 20
_INNER_UNPACKED = 64 << 20
_MOST_MEMBERS = 4_000
_MOST_LEVELS = 4
_CHUNK = 1 << 20
# Of what is unpacked without a limit on what comes out.
_SMALL_CHUNK = 4 << 10
_MOST_MEMORY = 512 << 20
# Beyond, Python's parser is not safe, says numpy.
_MOST_HEADER = 10_000
_ID = re.compile(rb"[0-9]{8}-[A-Z]{2}")
_CODE = re.compile(r"\.(py|pyc|pyo|so|dll|dylib|sh|ipynb|jar)$", re.IGNORECASE)
_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    MemoryError,
)
_PACKED: tuple[tuple[str, bytes, Callable[[], Any]], ...] = (
    ("gzip", b"\x1f\x8b", lambda: zlib.decompressobj(31)),
    ("bz2", b"BZh", bz2.BZ2Decompressor),
    ("xz", b"\xfd7zXZ\0", lambda: lzma.LZMADecompressor(memlimit=_MOST_MEMORY)),
    ("xz", b"\x5d\0\0", lambda: lzma.LZMADecompressor(memlimit=_MOST_MEMORY)),
    *(("zlib", bytes([0x78, level]), zlib.decompressobj) for level in (0x01, 0x5E, 0x9C, 0xDA)),
)
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
    """What one file names, which of the known ids it holds, and the budgets of all files."""

    def __init__(self, budget: _Budget, walked: Walk, known: Collection[bytes]) -> None:
        self.budget = budget
        self.walked = walked
        self.known = known
        self.ids: set[bytes] = set()


def take_stock(folder: Path, known: Collection[str]) -> Inventory:
    """Looks at every file, also for ids of customers that are known."""
    others = [name for name, plain in folders.names(folder) if not plain]
    found = _Found(_Budget(), Walk(), {one.encode() for one in known})
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
    inner = _Found(_Budget(left=_INNER_UNPACKED), walked, ())
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
        return _npy(content, found, level)
    for kind, magic, opened in _PACKED:
        if content.startswith(magic):
            return f"{kind}: {_look(_unpacked(content, magic, opened, found.budget), found, level + 1, name)}"
    if content[:4] in (b"\x04\x22\x4d\x18", b"\x28\xb5\x2f\xfd"):
        raise Unreadable("it is compressed in a way that the standard library cannot undo")
    if content[:4] == b"\x7fELF" or content[:2] == b"#!":
        return "code"
    if content[:1] == b"\x80" and content[1:2] <= b"\x05":
        return _pickle(content, found, level)
    if _OLD_PICKLE.match(content):
        return _maybe_pickle(content, found, name)
    return _plain_kind(content, name)


def _note_ids(content: bytes, found: _Found) -> None:
    """Customer ids in text of any width: numpy stores four bytes a character."""
    for text in (content, content.replace(b"\0", b"") if b"\0-\0" in content else b""):
        found.ids.update(match[0] for match in _ID.finditer(text) if match[0] in found.known)


def _zip(content: bytes, found: _Found, level: int) -> str:
    if content.count(b"PK\x01\x02") > _MOST_MEMBERS:
        # Opening it would make an object of each.
        raise Unreadable(f"there are more than {_MOST_MEMBERS} members")
    names = []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for info in archive.infolist():
                found.budget.member()
                names.append(info.filename)
                bounded = info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
                with archive.open(info) as member:
                    inner = _read(member, found.budget, _CHUNK if bounded else _SMALL_CHUNK)
                _look(inner, found, level + 1, info.filename)
    except _DAMAGES as error:
        # Also an encrypted member, or a method of packing that is not known.
        raise Unreadable(f"a broken archive ({type(error).__name__})") from None
    if "schema.json" in names:
        return "skops"
    if any(name.endswith("data.pkl") for name in names):
        return "torch archive"
    if names and all(name.endswith(".npy") for name in names):
        return "npz"
    return "zip"


def _read(file: Any, budget: _Budget, chunk: int) -> bytes:
    taken = _Taken(budget)
    while part := file.read(chunk):
        taken.add(part)
    return taken.all()


def _unpacked(content: bytes, magic: bytes, opened: Callable[[], Any], budget: _Budget) -> bytes:
    """What the streams hold that stand one behind the other."""
    taken = _Taken(budget)
    place = 0
    try:
        while content.startswith(magic, place):
            budget.member()
            place = _one_stream(content, place, opened(), taken)
    except _DAMAGES as error:
        raise Unreadable(f"a broken stream ({type(error).__name__})") from None
    return taken.all()


def _one_stream(content: bytes, place: int, unpacker: Any, taken: "_Taken") -> int:
    """Unpacks one stream; the place behind it."""
    while not unpacker.eof:
        piece: bytes | None = content[place : place + _CHUNK]
        if not piece:
            raise EOFError
        place += len(piece)
        while piece is not None and not unpacker.eof:
            taken.add(unpacker.decompress(piece, _CHUNK))
            piece = _kept_back(unpacker)
    return place - len(unpacker.unused_data)


def _kept_back(unpacker: Any) -> bytes | None:
    """What is to be given to it once more before it takes anything new: `zlib` returns it, the others keep it."""
    if hasattr(unpacker, "unconsumed_tail"):
        return unpacker.unconsumed_tail or None
    return None if unpacker.needs_input else b""


class _Taken:
    """What comes out of one member or stream."""

    def __init__(self, budget: _Budget) -> None:
        self._budget = budget
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, part: bytes) -> None:
        self._budget.take(len(part))
        self._size += len(part)
        if self._size > MOST_UNPACKED:
            raise Unreadable(f"it unpacks to more than {MOST_UNPACKED >> 20} MiB")
        self._parts.append(part)

    def all(self) -> bytes:
        return b"".join(self._parts)


def _npy(content: bytes, found: _Found, level: int) -> str:
    """An array of objects is a pickle behind a header."""
    wide = content[6:7] != b"\x01"
    start = 12 if wide else 10
    try:
        (length,) = struct.unpack("<I" if wide else "<H", content[8:start])
        if length > _MOST_HEADER:
            raise Unreadable("an array with a very long header")
        header = ast.literal_eval(content[start : start + length].decode("latin-1").strip())
        objects = _holds_objects(header["descr"])
    except (struct.error, ValueError, SyntaxError, TypeError, KeyError, RecursionError, MemoryError):
        raise Unreadable("an array without a header") from None
    return f"npy: {_pickle(content[start + length :], found, level)}" if objects else "npy"


def _holds_objects(kind: Any) -> bool:
    """Whether a type of numpy, as it stands in a header, has objects in it."""
    if isinstance(kind, str):
        return "O" in kind or "object" in kind
    if isinstance(kind, list):
        # Of each field: name, type, and perhaps a shape.
        return any(_holds_objects(one[1]) for one in kind)
    return any(_holds_objects(one) for one in kind if isinstance(one, str | list | tuple))


def _pickle(content: bytes, found: _Found, level: int) -> str:
    try:
        walk(content, found.walked, level)
    except Broken as error:
        raise Unreadable(f"a pickle that cannot be followed to its end ({error})") from None
    return "pickle"


def _maybe_pickle(content: bytes, found: _Found, name: str) -> str:
    """Protocols 0 and 1 have no mark at the beginning: what reads as one and names something is one."""
    try:
        named = found.walked.attempt(content).globals
    except Exhausted as error:
        raise Unreadable(f"what could be a pickle cannot be followed to its end ({error})") from None
    return "pickle" if named else _plain_kind(content, name)


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
    return "text" if _is_text(content) else "binary"


def _is_text(content: bytes) -> bool:
    """In pieces: one wide character would make all of a text four bytes wide."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for place in range(0, len(content), _CHUNK):
            decoder.decode(content[place : place + _CHUNK], place + _CHUNK >= len(content))
    except UnicodeDecodeError:
        return False
    return True


def ids_in(inventory: Inventory) -> Iterator[tuple[str, str]]:
    """(file, id) for each file that holds the id of a customer who is known."""
    for artifact in inventory.artifacts:
        if artifact.ids:
            yield artifact.path, artifact.ids[0]
