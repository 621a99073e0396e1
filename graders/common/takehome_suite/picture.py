"""Writes a PNG anew from pixels, so that nothing of the file that a submission wrote is left but what it looks like.

One kind only: 8 bits, RGB, no interlacing, the chunks IHDR, IDAT and IEND. Large pictures are scaled down.
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from takehome_suite.exhibits import IMAGE_BYTES

SIDE = 1200
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Picture:
    """Pixels as planes of one byte each: red, green, blue and, if it is there, alpha."""

    width: int
    height: int
    planes: Sequence[bytes]

    def png(self, side: int = SIDE, most: int = IMAGE_BYTES) -> bytes | None:
        """The picture on white, at most so many pixels wide and high; none if it does not fit into `most` bytes."""
        factor = max(1, -(-max(self.width, self.height) // side))
        for _ in range(4):
            written = self._scaled(factor)._opaque()._written()
            if len(written) <= most:
                return written
            factor += 1
        return None

    def _scaled(self, factor: int) -> "Picture":
        """Each pixel is the mean of a square; what is left at the edges is cut off."""
        if factor == 1:
            return self
        width, height = max(self.width // factor, 1), max(self.height // factor, 1)
        if width * factor > self.width or height * factor > self.height:
            # Thinner than the square: every pixel as it is, at its place.
            planes = [self._thinned(plane, factor) for plane in self.planes]
            return Picture(-(-self.width // factor), -(-self.height // factor), planes)
        area = factor * factor
        planes = []
        for plane in self.planes:
            lines = []
            for top in range(height):
                start = top * factor * self.width
                parts = [
                    plane[
                        start + down * self.width + right : start
                        + down * self.width
                        + width * factor : factor
                    ]
                    for down in range(factor)
                    for right in range(factor)
                ]
                lines.append(bytes([sum(values) // area for values in zip(*parts, strict=True)]))
            planes.append(b"".join(lines))
        return Picture(width, height, planes)

    def _thinned(self, plane: bytes, factor: int) -> bytes:
        rows = range(0, self.height, factor)
        return b"".join(plane[row * self.width : (row + 1) * self.width : factor] for row in rows)

    def _opaque(self) -> "Picture":
        if len(self.planes) == 3:
            return self
        *colours, alpha = self.planes
        if alpha.count(255) < len(alpha):
            colours = [
                bytes([255 + (value - 255) * cover // 255 for value, cover in zip(plane, alpha, strict=True)])
                for plane in colours
            ]
        return Picture(self.width, self.height, colours)

    def _written(self) -> bytes:
        pixels = bytearray(3 * self.width * self.height)
        for offset, plane in enumerate(self.planes):
            pixels[offset::3] = plane
        stride = 3 * self.width
        lines = b"".join(b"\0" + pixels[start : start + stride] for start in range(0, len(pixels), stride))
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        body = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(lines, 9)) + _chunk(b"IEND", b"")
        return _SIGNATURE + body


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
