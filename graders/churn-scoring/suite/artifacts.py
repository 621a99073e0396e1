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
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import folders
from allowed import is_allowed, is_open
from pickles import Broken, Exhausted, Oversized, Walk, walk

MOST_UNPACKED = 512 << 20
ALL_UNPACKED = 1 << 30
# How often what was too large is not counted, so that it does not keep what follows from being looked at.
_MOST_DROPPED = 4
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
# A customer id with four bytes a character, and a bit.
_WIDEST_ID = 64
_CODE = re.compile(r"\.(pyc|pyo|so|dll|dylib|jar)$", re.IGNORECASE)
_SOURCE = re.compile(r"\.(py|sh|ipynb)$", re.IGNORECASE)
_PICKLE = re.compile(r"\.(pkl|pickle|joblib|dill|sav)$", re.IGNORECASE)
_STREAM = re.compile(r"\.(gz|bz2|xz|lzma|z|zlib)$", re.IGNORECASE)
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
# Numbers begin like these by chance.
_GUESSED = frozenset({"xz", "zlib"})
# A pickle without a frame begins with one of these when it is more than a number or a text.
_OLD_PICKLE = re.compile(rb"[c(\]}lidp]")


class Unreadable(Exception):
    """A file that says it is something, and is not to be read as that."""


class TooLarge(Unreadable):
    """A file of which nobody promised that it is small enough to be looked through."""


@dataclass
class Artifact:
    """One file. `globals` is what unpickling it would look up; `problems` and what is `open` are sentences."""

    path: str
    size: int
    sha256: str
    kind: str
    globals: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
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
    dropped: int = 0

    def take(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise TooLarge(f"more than {ALL_UNPACKED >> 20} MiB are unpacked")

    def drop(self, count: int) -> None:
        """What was taken is not kept."""
        self.dropped += 1
        if self.dropped <= _MOST_DROPPED:
            self.left += count

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
        sentences = artifact.open if isinstance(error, TooLarge) else artifact.problems
        sentences.append(f"{name} cannot be looked through: {error}")
    named = found.walked.globals
    artifact.globals = sorted(named)[:200]
    artifact.ids = sorted(one.decode() for one in found.ids)
    if any(map(is_open, named)):
        artifact.open.append(f"{name} holds distributions of scipy, which run text when they are loaded")
    bad = sorted(one for one in named if not is_allowed(one) and not is_open(one))
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
        raise (Oversized if isinstance(error, TooLarge) else Exhausted)(str(error)) from None


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
            inner, failure = _unpacked(content, magic, opened, found.budget)
            if failure is None:
                return f"{kind}: {_look(inner, found, level + 1, _STREAM.sub('', name))}"
            _look_at_part(inner, found, level + 1)
            if isinstance(failure, TooLarge) or kind not in _GUESSED or _is_packed(name):
                # Not itself: with this frame, it would keep what was unpacked.
                raise type(failure)(*failure.args)
    if content[:4] in (b"\x04\x22\x4d\x18", b"\x28\xb5\x2f\xfd"):
        raise Unreadable("it is compressed in a way that the standard library cannot undo")
    if content[:4] == b"\x7fELF":
        return "code"
    if content[:1] == b"\x80" and content[1:2] <= b"\x05":
        if _PICKLE.search(name):
            return _pickle(content, found, level)
        return _maybe_pickle(content, found, level, name)
    if _OLD_PICKLE.match(content):
        return _maybe_pickle(content, found, level, name)
    return _plain_kind(content, name)


def _look_at_part(content: bytes, found: _Found, level: int) -> None:
    """The beginning of something: a pickle runs as far as it comes out, and everything else is cut off."""
    with suppress(Unreadable):
        _look(content, found, level, "")


def _is_packed(name: str) -> bool:
    """Whether the name says that this is a pickle or a stream, so that it is nothing else by chance."""
    return _PICKLE.search(name) is not None or _STREAM.search(name) is not None


def _note_ids(content: bytes, found: _Found) -> None:
    """Customer ids in text of any width: numpy stores four bytes a character."""
    for place in range(0, len(content), _CHUNK):
        piece = content[place : place + _CHUNK + _WIDEST_ID]
        for text in (piece, piece.replace(b"\0", b"") if b"\0-\0" in piece else b""):
            found.ids.update(match[0] for match in _ID.finditer(text) if match[0] in found.known)


def _zip(content: bytes, found: _Found, level: int) -> str:
    if content.count(b"PK\x01\x02") > _MOST_MEMBERS:
        # Opening it would make an object of each.
        raise Unreadable(f"there are more than {_MOST_MEMBERS} members")
    names = []
    failure: TooLarge | None = None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for info in archive.infolist():
                found.budget.member()
                names.append(info.filename)
                bounded = info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
                with archive.open(info) as member:
                    inner, larger = _read(member, found.budget, _CHUNK if bounded else _SMALL_CHUNK)
                if larger is None:
                    try:
                        _look(inner, found, level + 1, info.filename)
                    except TooLarge as error:
                        # Its frames would keep what was unpacked.
                        larger = error.with_traceback(None)
                else:
                    _look_at_part(inner, found, level + 1)
                # The other members may hold what is found.
                failure = failure or larger
    except _DAMAGES as error:
        # Also an encrypted member, or a method of packing that is not known.
        raise Unreadable(f"a broken archive ({type(error).__name__})") from None
    if failure is not None:
        raise TooLarge(*failure.args)
    if "schema.json" in names:
        return "skops"
    if any(name.endswith("data.pkl") for name in names):
        return "torch archive"
    if names and all(name.endswith(".npy") for name in names):
        return "npz"
    return "zip"


def _read(file: Any, budget: _Budget, chunk: int) -> tuple[bytes, TooLarge | None]:
    """What comes out, and why it is not all."""
    taken = _Taken(budget)
    try:
        while part := file.read(chunk):
            taken.add(part)
    except TooLarge as error:
        return taken.all(), error.with_traceback(None)
    return taken.all(), None


def _unpacked(
    content: bytes, magic: bytes, opened: Callable[[], Any], budget: _Budget
) -> tuple[bytes, Unreadable | None]:
    """What the streams hold that stand one behind the other, and why it is not all."""
    taken = _Taken(budget)
    place = 0
    try:
        while content.startswith(magic, place):
            budget.member()
            place = _one_stream(content, place, opened(), taken)
    except Unreadable as error:
        return taken.all(), error.with_traceback(None)
    except _DAMAGES as error:
        if "Memory usage limit" in str(error):
            return taken.all(), TooLarge("it takes too much memory to unpack")
        return taken.all(), Unreadable(f"a broken stream ({type(error).__name__})")
    return taken.all(), None


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
        # Its bytes are handed out without a copy.
        self._kept = io.BytesIO()
        self._size = 0

    def add(self, part: bytes) -> None:
        self._size += len(part)
        try:
            self._budget.take(len(part))
            if self._size > MOST_UNPACKED:
                raise TooLarge(f"it unpacks to more than {MOST_UNPACKED >> 20} MiB")
        except TooLarge:
            self._budget.drop(self._size)
            raise
        self._kept.write(part)

    def all(self) -> bytes:
        return self._kept.getvalue()


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
        raise _unfollowed("a pickle that", error) from None
    return "pickle"


def _maybe_pickle(content: bytes, found: _Found, level: int, name: str) -> str:
    """Numbers may begin like a pickle, and protocols 0 and 1 have no mark: what reads as one and names something is one."""
    try:
        tried = found.walked.attempt(content, level)
    except Exhausted as error:
        raise _unfollowed("what could be a pickle and", error) from None
    whole = content[:1] == b"\x80" and not tried.broken
    return "pickle" if tried.globals or whole else _plain_kind(content, name)


def _unfollowed(what: str, error: Broken) -> Unreadable:
    kind = TooLarge if isinstance(error, Oversized) else Unreadable
    return kind(f"{what} cannot be followed to its end ({error})")


def _plain_kind(content: bytes, name: str) -> str:
    head = content[:64].lstrip()
    if content[:2] == b"#!" or _SOURCE.search(name):
        return "source"
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
