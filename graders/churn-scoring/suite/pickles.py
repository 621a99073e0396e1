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
_MOST_STREAMS = 64
_MOST_NESTED = 4
_WRAPPER = re.compile(r"joblib\.numpy_pickle(_compat)?\.NumpyArrayWrapper")
_TYPE = re.compile(r"[|<>=]?([a-zA-Z])([0-9]*)")
_OPCODES = {opcode.code: opcode for opcode in pickletools.opcodes}
_MARK = object()
_UNKNOWN = object()


class Broken(Exception):
    """A stream that is no pickle, or that this walker cannot follow to its end."""


@dataclass
class Walk:
    """What was found. `opcodes` and `archives` are what may still be walked, in all files of a folder."""

    globals: set[str] = field(default_factory=set)
    opcodes: int = _MOST_OPCODES
    archives: int = _MOST_ARCHIVES


@dataclass
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
    stream = io.BytesIO(content)
    for _ in range(_MOST_STREAMS):
        _Walker(stream, found, level).run()
        # `torch.save` writes several pickles and then raw numbers; what is no pickle ends them.
        following = content[stream.tell() : stream.tell() + 2]
        if len(following) < 2 or following[:1] != b"\x80" or following[1] > 5:
            return


class _Walker:
    """One pickle."""

    def __init__(self, stream: io.BytesIO, found: Walk, level: int) -> None:
        self._stream = stream
        self._found = found
        self._level = level
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def run(self) -> None:
        try:
            for opcode, argument in self._opcodes():
                self._step(opcode, argument)
        except (ValueError, IndexError, KeyError, OverflowError, UnicodeDecodeError, TypeError) as error:
            raise Broken(f"{type(error).__name__} at byte {self._stream.tell()}") from None

    def _opcodes(self) -> Iterator[tuple[Any, Any]]:
        """Tokens from where the stream stands, which a step may move forward."""
        while True:
            code = self._stream.read(1)
            opcode = _OPCODES.get(code.decode("latin-1"))
            if opcode is None:
                raise Broken(f"no opcode at byte {self._stream.tell()}")
            self._found.opcodes -= 1
            if self._found.opcodes < 0:
                raise Broken(f"more than {_MOST_OPCODES} opcodes")
            argument = None if opcode.arg is None else opcode.arg.reader(self._stream)
            yield opcode, argument
            if opcode.name == "STOP":
                return

    def _step(self, opcode: Any, argument: Any) -> None:
        name, stack = opcode.name, self._stack
        if isinstance(argument, bytes | bytearray):
            self._nested(bytes(argument))
        if name in ("PUT", "BINPUT", "LONG_BINPUT"):
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
            self._global(*argument.split(" ", 1))
            self._to_mark()
            stack.append(_UNKNOWN)
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
            stack.append(_Object(stack.pop(), arguments))
        elif name == "NEWOBJ_EX":
            stack.pop()
            arguments = stack.pop()
            stack.append(_Object(stack.pop(), arguments))
        elif name == "OBJ":
            made = self._to_mark()
            stack.append(_Object(made[0], tuple(made[1:])))
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
        simple = isinstance(argument, str | int | float) and not (
            isinstance(argument, str) and len(argument) > 200
        )
        known = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
        self._stack.append(argument if simple else known.get(name, _UNKNOWN))

    def _to_mark(self) -> list[Any]:
        items: list[Any] = []
        while (item := self._stack.pop()) is not _MARK:
            items.append(item)
        return items[::-1]

    def _global(self, module: Any, attribute: Any) -> _Global:
        if not isinstance(module, str) or not isinstance(attribute, str):
            # A name that is only known when it runs could be any.
            self._found.globals.add("?.?")
            return _Global("?.?")
        name = f"{module}.{attribute}"[:200]
        self._found.globals.add(name)
        return _Global(name)

    def _build(self, state: Any) -> None:
        made = self._stack[-1]
        if not isinstance(made, _Object):
            return
        if isinstance(state, dict):
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
            raise Broken("an array whose size is not known")
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
        if not 0 <= size <= len(self._stream.getbuffer()) - self._stream.tell():
            raise Broken("an array that ends behind the file")
        self._stream.seek(size, io.SEEK_CUR)

    def _nested(self, content: bytes) -> None:
        """A byte string may be a pickle, or an archive with one in it: whatever it is, its globals count."""
        if self._level >= _MOST_NESTED or len(content) < 4:
            return
        if content[:1] == b"\x80" and content[1] in range(2, 6):
            # Numbers may look like the beginning of a pickle; then what it names up to there counts for nothing.
            inner = Walk(set(), self._found.opcodes, self._found.archives)
            try:
                walk(content, inner, self._level + 1)
                self._found.globals |= inner.globals
            except Broken:
                pass
            self._found.opcodes, self._found.archives = inner.opcodes, inner.archives
        elif content[:4] == b"PK\x03\x04":
            self._found.archives -= 1
            if self._found.archives < 0:
                raise Broken(f"more than {_MOST_ARCHIVES} archives inside of pickles")
            # The archive reader builds on this module.
            from artifacts import look_inside

            look_inside(content, self._found, self._level + 1)
