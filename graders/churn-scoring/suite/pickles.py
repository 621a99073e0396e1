"""What a pickle names, found without loading it: its opcodes are walked with a stack of symbols, and nothing is ever called.

Arrays that joblib writes between the opcodes are stepped over; for that the walker knows the shape and the type that precede them.
Byte strings that are pickles themselves are walked too: some wrappers hide one so.
"""

import io
import pickletools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_MOST_OPCODES = 5_000_000
_MOST_ARCHIVES = 16
# As many as four bytes can name.
_MOST_PLACES = 1 << 32
_MOST_STREAMS = 64
_MOST_NESTED = 4
_MOST_GLOBALS = 10_000
_MOST_BYTES = 64 << 20
# No array is as long, and products of such numbers are soon made.
_LARGEST = 1 << 63
_WRAPPER = re.compile(r"joblib\.numpy_pickle(_compat)?\.NumpyArrayWrapper")
_TYPE = re.compile(r"[|<>=]?([a-zA-Z])([0-9]*)")
_NAME = re.compile(r"\?\.\?|[A-Za-z_]\w*([.:][A-Za-z_]\w*)+", re.ASCII)
_CLASSES = re.compile(r"_?[A-Z]\w*(\._?[A-Z]\w*)*", re.ASCII)
_OPCODES = {opcode.code: opcode for opcode in pickletools.opcodes}
_MARK = object()
_UNKNOWN = object()
# Bytes, or text of as many characters, that were walked themselves.
_WALKED = object()
_ENCODE = "_codecs.encode"
_LOAD = "torch.storage._load_from_bytes"


class Broken(Exception):
    """A stream that is no pickle, or that this walker cannot follow to its end."""


class Exhausted(Broken):
    """More than may be walked: what was not seen could be anything."""


class Oversized(Exhausted):
    """Something in a pickle that is too large to look through."""


@dataclass
class Walk:
    """What was found. `opcodes` and `archives` are what may still be walked, in all files of a folder."""

    globals: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)
    opcodes: int = _MOST_OPCODES
    archives: int = _MOST_ARCHIVES
    broken: bool = False

    def spend(self, opcodes: int) -> None:
        self.opcodes -= opcodes
        if self.opcodes < 0:
            raise Exhausted(f"more than {_MOST_OPCODES} opcodes")

    def name(self, name: str) -> None:
        self.globals.add(name)
        if len(self.globals) > _MOST_GLOBALS:
            raise Exhausted(f"more than {_MOST_GLOBALS} names")

    def attempt(self, content: bytes, level: int = 0) -> "Walk":
        """Walks bytes that may be no pickle; then only what they call before they break counts."""
        tried = Walk(set(), set(), self.opcodes, self.archives)
        try:
            walk(content, tried, level)
        except Broken as error:
            tried.broken = True
            tried.globals = {name for name in tried.called if _NAME.fullmatch(name)}
            if isinstance(error, Exhausted):
                raise
        finally:
            self.opcodes, self.archives = tried.opcodes, tried.archives
            self.globals |= tried.globals
            # What is inside of another pickle counts also when that one breaks.
            self.called |= tried.globals
        return tried


class _Stream(io.BytesIO):
    """Hands out no very long argument: text takes four times its bytes."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        # Not of `getbuffer`, which copies all of it.
        self._size = len(content)

    def left(self) -> int:
        return self._size - self.tell()

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _MOST_BYTES:
            # What is shorter than it says is no pickle for anybody.
            raise (Oversized if size <= self.left() else Broken)(f"an argument of {size} bytes")
        return super().read(size)

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(_MOST_BYTES)
        if len(line) == _MOST_BYTES:
            raise Oversized("a very long line")
        return line


@dataclass(slots=True)
class _Object:
    """An instance that would be made: by which callable, from what, with which state."""

    maker: Any
    arguments: Any
    state: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Global:
    name: str


def walk(content: bytes, found: Walk, level: int = 0) -> None:
    """Walks all pickles that stand at the beginning of the bytes; raises `Broken` if the first one is none."""
    stream = _Stream(content)
    for number in range(_MOST_STREAMS):
        try:
            _Walker(stream, found, level).run()
        except Exhausted:
            raise
        except Broken:
            if not number:
                raise
            return
        # `torch.save` writes several pickles and then raw numbers; what is no pickle ends them.
        following = content[stream.tell() : stream.tell() + 2]
        if len(following) < 2 or following[:1] != b"\x80" or following[1] > 5:
            return


class _Walker:
    """One pickle."""

    def __init__(self, stream: _Stream, found: Walk, level: int) -> None:
        self._stream = stream
        self._found = found
        self._level = level
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def run(self) -> None:
        try:
            for opcode, argument in self._opcodes():
                self._step(opcode, argument)
        except RecursionError:
            raise Exhausted("arrays in arrays") from None
        except (ValueError, IndexError, KeyError, OverflowError, TypeError) as error:
            raise Broken(f"{type(error).__name__} at byte {self._stream.tell()}") from None

    def _opcodes(self) -> Iterator[tuple[Any, Any]]:
        """Tokens from where the stream stands, which a step may move forward."""
        while True:
            code = self._stream.read(1)
            opcode = _OPCODES.get(code.decode("latin-1"))
            if opcode is None:
                raise Broken(f"no opcode at byte {self._stream.tell()}")
            self._found.spend(1)
            argument = None if opcode.arg is None else opcode.arg.reader(self._stream)
            yield opcode, argument
            if opcode.name == "STOP":
                return

    def _step(self, opcode: Any, argument: Any) -> None:
        name, stack = opcode.name, self._stack
        if name in ("PUT", "BINPUT", "LONG_BINPUT"):
            if int(argument) >= _MOST_PLACES:
                raise Exhausted("a place that no pickle is long enough for")
            self._memo[int(argument)] = stack[-1]
        elif name == "MEMOIZE":
            self._memo[len(self._memo)] = stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(self._memo[int(argument)])
        elif name == "GLOBAL":
            stack.append(self._global(*argument.split(" ", 1)))
        elif name == "STACK_GLOBAL":
            attribute, module = stack.pop(), stack.pop()
            stack.append(self._global(module, attribute))
        elif name == "INST":
            maker = self._global(*argument.split(" ", 1))
            self._make(maker, tuple(self._to_mark()))
        elif name.startswith("EXT"):
            raise Broken("a registered extension code")
        elif name == "DUP":
            stack.append(stack[-1])
        elif name == "POP":
            stack.pop()
        elif name == "POP_MARK":
            self._to_mark()
        elif name == "MARK":
            stack.append(_MARK)
        elif name.startswith("TUPLE"):
            width = int(name[5:]) if name[5:] else None
            stack.append(
                tuple(self._to_mark() if width is None else [stack.pop() for _ in range(width)][::-1])
            )
        elif name in ("REDUCE", "NEWOBJ"):
            arguments = stack.pop()
            self._make(stack.pop(), arguments)
        elif name == "NEWOBJ_EX":
            stack.pop()
            arguments = stack.pop()
            self._make(stack.pop(), arguments)
        elif name == "OBJ":
            made = self._to_mark()
            self._make(made[0], tuple(made[1:]))
        elif name == "BUILD":
            self._build(stack.pop())
        elif name in ("SETITEM", "SETITEMS"):
            items = self._to_mark() if name == "SETITEMS" else [stack.pop(), stack.pop()][::-1]
            if isinstance(stack[-1], dict):
                pairs = zip(items[::2], items[1::2], strict=True)
                stack[-1].update((key, value) for key, value in pairs if isinstance(key, str))
        elif name == "EMPTY_DICT":
            stack.append({})
        elif name == "DICT":
            items = self._to_mark()
            pairs = zip(items[::2], items[1::2], strict=True)
            stack.append({key: value for key, value in pairs if isinstance(key, str)})
        elif name in ("APPENDS", "ADDITEMS"):
            self._to_mark()
        elif name == "APPEND":
            stack.pop()
        elif name in ("LIST", "FROZENSET"):
            self._to_mark()
            stack.append(_UNKNOWN)
        elif name == "BINPERSID":
            stack.pop()
            stack.append(_UNKNOWN)
        elif name == "STOP":
            stack.pop()
        elif name == "READONLY_BUFFER":
            stack[-1] = _UNKNOWN
        elif opcode.stack_after and not opcode.stack_before:
            self._constant(name, argument)
        elif name not in ("PROTO", "FRAME"):
            raise Broken(f"an opcode {name} that is not known here")

    def _constant(self, name: str, argument: Any) -> None:
        known = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
        if isinstance(argument, bytes | bytearray):
            walked = self._nested(bytes(argument))
            self._stack.append(_WALKED if walked else _UNKNOWN)
        elif (
            isinstance(argument, str) and argument.startswith(("\x80", "PK")) and self._nested_text(argument)
        ):
            self._stack.append(_WALKED)
        else:
            self._stack.append(argument if _is_simple(argument) else known.get(name, _UNKNOWN))

    def _to_mark(self) -> list[Any]:
        items: list[Any] = []
        while (item := self._stack.pop()) is not _MARK:
            items.append(item)
        return items[::-1]

    def _global(self, module: Any, attribute: Any) -> _Global:
        if not isinstance(module, str) or not isinstance(attribute, str):
            return self._anything()
        # Through attributes, a module leads to whatever it has imported.
        joint = "." if _CLASSES.fullmatch(attribute) or "." not in attribute else ":"
        name = f"{module}{joint}{attribute}"[:200]
        self._found.name(name)
        return _Global(name)

    def _anything(self) -> _Global:
        """What is only known when it runs could be anything."""
        self._found.name("?.?")
        return _Global("?.?")

    def _make(self, maker: Any, arguments: Any) -> None:
        """Puts on the stack what calling this would make."""
        name = maker.name if isinstance(maker, _Global) else ""
        self._found.called.add(name)
        if name == _ENCODE and isinstance(arguments, tuple) and arguments[:1] == (_WALKED,):
            # So protocol 2 writes bytes.
            self._stack.append(_WALKED)
            return
        if name == _LOAD and arguments != (_WALKED,):
            self._found.called.add(self._anything().name)
        self._stack.append(_Object(maker, arguments))

    def _build(self, state: Any) -> None:
        made = self._stack[-1]
        if not isinstance(made, _Object):
            return
        if isinstance(state, dict):
            self._found.spend(len(state))
            made.state.update(state)
        if isinstance(made.maker, _Global) and _WRAPPER.fullmatch(made.maker.name):
            self._skip_array(made.state)

    def _skip_array(self, state: dict[str, Any]) -> None:
        """Steps over the raw bytes of an array behind its description, as joblib's reader does."""
        kind = state.get("dtype")
        code = kind.arguments[0] if isinstance(kind, _Object) else None
        match = _TYPE.fullmatch(code) if isinstance(code, str) else None
        shape = state.get("shape")
        if match is None or not isinstance(shape, tuple) or not all(isinstance(size, int) for size in shape):
            raise Exhausted("an array whose size is not known")
        if match[1] == "O":
            # The elements are a pickle of their own, in the same stream.
            _Walker(self._stream, self._found, self._level).run()
            return
        if state.get("numpy_array_alignment_bytes") is not None:
            padding = self._stream.read(1)
            self._stream.read(padding[0])
        size = int(match[2] or 1) * (4 if match[1] == "U" else 1)
        for length in shape:
            size *= length
        if not 0 <= size <= self._stream.left():
            raise Broken("an array that ends behind the file")
        self._stream.seek(size, io.SEEK_CUR)

    def _nested_text(self, text: str) -> bool:
        try:
            return self._nested(text.encode("latin-1"))
        except UnicodeEncodeError:
            return False

    def _nested(self, content: bytes) -> bool:
        """A byte string may be a pickle, or an archive with one in it: whatever it is, its globals count.

        Whether it was walked to its end. Numbers may look like the beginning of a pickle.
        """
        if self._level >= _MOST_NESTED or len(content) < 4:
            return False
        if content[:1] == b"\x80" and content[1] in range(2, 6):
            return not self._found.attempt(content, self._level + 1).broken
        if content[:4] == b"PK\x03\x04":
            self._found.archives -= 1
            if self._found.archives < 0:
                raise Exhausted(f"more than {_MOST_ARCHIVES} archives inside of pickles")
            # The archive reader builds on this module.
            from artifacts import look_inside

            look_inside(content, self._found, self._level + 1)
            return True
        return False


def _is_simple(argument: Any) -> bool:
    """Whether it could be part of a name, of a type or of a shape."""
    if isinstance(argument, str):
        return len(argument) <= 200 and argument.isascii()
    return isinstance(argument, float) or (isinstance(argument, int) and abs(argument) < _LARGEST)
