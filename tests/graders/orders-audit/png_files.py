"""PNG files chunk by chunk, as no library would write them."""

import struct
import zlib
from collections.abc import Iterable

from png import SIGNATURE


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    width: int,
    height: int,
    packed: bytes,
    *,
    depth: int = 8,
    colour: int = 2,
    interlaced: int = 0,
    extra: Iterable[bytes] = (),
) -> bytes:
    """A file of packed scan lines; `extra` chunks stand before them."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    body = chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    return SIGNATURE + chunk(b"IHDR", header) + b"".join(extra) + body
