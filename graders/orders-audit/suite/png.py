"""Enough of PNG to look at a plot: its size and its pixels, with nothing but the standard library.

Pixels are unpacked within bounds. What is interlaced or very large is unpacked and counted, but not laid out.
"""

import hashlib
import struct
import zlib
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from threading import Lock

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Bytes of pixels that are laid out, and that are unpacked at all: 10,000 by 7,500 in four bytes each.
_MOST_LAID_OUT = 40_000_000
_MOST_BYTES = 300_000_000
_PIECE = 1 << 20
_LOOKED_AT = 4096
# A colour of a plot fills at least this share of it.
_SHARE = 0.0002
# A grade has some dozens of different plots.
_MOST_REMEMBERED = 256
# Adam7: first column and row of each pass, and the steps.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


class NotAnImage(ValueError):
    """The file is no PNG that can be read here; the message says why."""


@dataclass(frozen=True)
class Image:
    """`pixels` are the unfiltered scan lines, so equal images of one encoder are equal bytes.

    Of an image that is not laid out they are a digest, and `bytes_seen` are the different bytes in some of it.
    """

    width: int
    height: int
    pixels: bytes
    bytes_per_pixel: int
    palette: bytes
    depth: int
    colour: int
    bytes_seen: int | None = None

    def colours(self, share: float) -> int:
        """How many different pixel values fill at least this share of the image. Whole bytes only."""
        if self.bytes_seen is not None:
            return self.bytes_seen
        size = self.bytes_per_pixel
        counts = Counter(zip(*[iter(self.pixels)] * size, strict=False))
        least = share * len(self.pixels) / size
        return sum(1 for count in counts.values() if count >= least)


@dataclass(frozen=True)
class Looks:
    """What is compared of an image: `pixels` are a digest."""

    width: int
    height: int
    pixels: bytes
    colours: int


_remembered: dict[bytes, Looks | NotAnImage] = {}
_lock = Lock()


def looks_of(data: bytes) -> Looks:
    """How the image looks. A run writes the same ones again and again, and a large one takes seconds to unpack."""
    key = hashlib.sha256(data).digest()
    # Only one is unpacked at a time: more would be no faster, and take memory.
    with _lock:
        if key not in _remembered:
            if len(_remembered) >= _MOST_REMEMBERED:
                _remembered.clear()
            _remembered[key] = _looks(data)
        found = _remembered[key]
    if isinstance(found, NotAnImage):
        raise NotAnImage(*found.args)
    return found


def _looks(data: bytes) -> Looks | NotAnImage:
    try:
        image = read_png(data)
    except NotAnImage as error:
        return NotAnImage(*error.args)
    digest = hashlib.sha256(image.palette + b"\0" + image.pixels).digest()
    return Looks(image.width, image.height, digest, image.colours(_SHARE))


def read_png(data: bytes) -> Image:
    if not data.startswith(SIGNATURE):
        raise NotAnImage("it does not begin like a PNG")
    header, palette, packed = b"", b"", bytearray()
    position = len(SIGNATURE)
    ended = False
    while position + 12 <= len(data) and not ended:
        (length,) = struct.unpack_from(">I", data, position)
        kind = data[position + 4 : position + 8]
        body = data[position + 8 : position + 8 + length]
        if len(body) != length:
            raise NotAnImage("it is cut off")
        (crc,) = struct.unpack_from(">I", data.ljust(position + 12 + length, b"\0"), position + 8 + length)
        if crc != zlib.crc32(kind + body):
            raise NotAnImage("a checksum is wrong")
        if kind == b"IHDR":
            header = body
        elif kind == b"PLTE":
            palette = body
        elif kind == b"IDAT":
            packed += body
        ended = kind == b"IEND"
        position += 12 + length
    if not ended or len(header) != 13:
        raise NotAnImage("it is cut off")
    return _decode(header, palette, packed)


def _decode(header: bytes, palette: bytes, packed: bytearray) -> Image:
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    channels = _CHANNELS.get(colour)
    if channels is None or depth not in (1, 2, 4, 8, 16) or interlaced not in (0, 1):
        raise NotAnImage("its header is not that of a PNG")
    bits = channels * depth
    stride = (width * bits + 7) // 8
    wanted = _size_interlaced(width, height, bits) if interlaced else (stride + 1) * height
    if not width or not height or wanted > _MOST_BYTES:
        raise NotAnImage(f"{width}x{height} has no or too many pixels")
    step = max(bits // 8, 1)
    if interlaced or wanted > _MOST_LAID_OUT:
        return _counted(Image(width, height, b"", step, palette, depth, colour), packed, wanted)
    unpacker = zlib.decompressobj()
    try:
        raw = unpacker.decompress(packed, wanted)
    except zlib.error as error:
        raise NotAnImage("its pixels cannot be unpacked") from error
    if len(raw) != wanted:
        raise NotAnImage("it has fewer pixels than it says")
    return Image(width, height, _unfiltered(raw, stride, step), step, palette, depth, colour)


def _size_interlaced(width: int, height: int, bits: int) -> int:
    size = 0
    for left, top, right, down in _PASSES:
        columns, rows = -(-(width - left) // right), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            size += ((columns * bits + 7) // 8 + 1) * rows
    return size


def _counted(image: Image, packed: bytes | bytearray, wanted: int) -> Image:
    """An image that is unpacked piece by piece and not kept."""
    unpacker, digest, seen, size = zlib.decompressobj(), hashlib.sha256(), set[int](), 0
    rest = bytes(packed)
    try:
        while size < wanted and not unpacker.eof:
            piece = unpacker.decompress(rest, _PIECE)
            rest = unpacker.unconsumed_tail
            if not piece:
                break
            size += len(piece)
            digest.update(piece)
            seen.update(piece[:_LOOKED_AT])
    except zlib.error as error:
        raise NotAnImage("its pixels cannot be unpacked") from error
    if size < wanted:
        raise NotAnImage("it has fewer pixels than it says")
    return replace(image, pixels=digest.digest(), bytes_seen=len(seen))


def _unfiltered(raw: bytes, stride: int, step: int) -> bytes:
    lines = []
    above = bytes(stride)
    for start in range(0, len(raw), stride + 1):
        kind = raw[start]
        line = raw[start + 1 : start + 1 + stride]
        if kind == 1:
            line = _added_up(line, step)
        elif kind == 2:
            line = _sum_of_bytes(line, above)
        elif kind in (3, 4):
            line = _unfilter_slow(kind, line, above, step)
        elif kind:
            raise NotAnImage("a scan line has an unknown filter")
        lines.append(line)
        above = line
    return b"".join(lines)


def _added_up(line: bytes, step: int) -> bytes:
    """Each byte with all those before it that are whole steps away: sums of two, of four, of eight and so on."""
    shift = step
    while shift < len(line):
        line = _sum_of_bytes(line, bytes(shift) + line[:-shift])
        shift *= 2
    return line


def _sum_of_bytes(one: bytes, other: bytes) -> bytes:
    """The sums of bytes at the same places, modulo 256: of all at once, as numbers whose bytes carry nothing over."""
    size = len(one)
    low, high = _masks(size)
    left, right = int.from_bytes(one), int.from_bytes(other)
    return (((left & low) + (right & low)) ^ ((left ^ right) & high)).to_bytes(size)


@cache
def _masks(size: int) -> tuple[int, int]:
    return int.from_bytes(b"\x7f" * size), int.from_bytes(b"\x80" * size)


def _unfilter_slow(kind: int, filtered: bytes, above: bytes, step: int) -> bytes:
    line = bytearray(len(filtered))
    for channel in range(step):
        left = corner = 0
        found = []
        for value, up in zip(filtered[channel::step], above[channel::step], strict=True):
            if kind == 3:
                predicted = (left + up) // 2
            else:
                # How far left, up and corner are from left + up - corner.
                by_left, by_up, by_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
                if by_left <= by_up and by_left <= by_corner:
                    predicted = left
                else:
                    predicted = up if by_up <= by_corner else corner
            left, corner = (value + predicted) & 255, up
            found.append(left)
        line[channel::step] = bytes(found)
    return bytes(line)
