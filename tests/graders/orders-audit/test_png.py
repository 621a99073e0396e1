"""Pixels of a PNG, whatever the filters of its scan lines are."""

import random
import zlib

import pytest
from png import read_png
from png_files import png


def filtered(kind: int, line: bytes, above: bytes, step: int) -> bytes:
    """A scan line as an encoder writes it: the specification's filters, byte by byte."""
    found = bytearray([kind])
    for place, value in enumerate(line):
        left = line[place - step] if place >= step else 0
        corner = above[place - step] if place >= step else 0
        up = above[place]
        estimate = left + up - corner
        nearest = min((left, up, corner), key=lambda candidate: abs(estimate - candidate))
        found.append((value - (0, left, up, (left + up) // 2, nearest)[kind]) % 256)
    return bytes(found)


@pytest.mark.parametrize(
    ("depth", "colour", "step"), [(8, 0, 1), (8, 4, 2), (8, 2, 3), (8, 6, 4), (16, 6, 8)]
)
@pytest.mark.parametrize("width", [1, 2, 7, 64])
def test_pixels_are_those_before_filtering(depth: int, colour: int, step: int, width: int) -> None:
    rng = random.Random(f"{depth} {colour} {width}")
    lines = [rng.randbytes(width * step) for _ in range(12)]
    above = [bytes(width * step), *lines]
    kinds = [0, 1, 2, 3, 4, 4, 3, 2, 1, 1, 4, 3]
    packed = b"".join(filtered(*parts, step) for parts in zip(kinds, lines, above, strict=False))
    image = read_png(png(width, len(lines), zlib.compress(packed), depth=depth, colour=colour))
    assert image.pixels == b"".join(lines)


def test_colours_are_counted_by_whole_pixels() -> None:
    line = bytes([1, 2, 3] * 6 + [3, 2, 1] * 3 + [9, 9, 9])
    image = read_png(png(10, 1, zlib.compress(b"\0" + line)))
    assert (image.colours(0.0), image.colours(0.25), image.colours(0.5)) == (3, 2, 1)
