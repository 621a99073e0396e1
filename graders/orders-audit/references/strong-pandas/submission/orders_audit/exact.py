"""Rounding of exact values for output: halves away from zero, zero without a sign."""

from fractions import Fraction
from math import isqrt

_UNITS_PER_CENT = 10**10
_Z = Fraction("1.959964")
# Square roots are taken to this many places, far beyond the four that are shown.
_PLACES = 40


def cents_text(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def usd(units: int) -> str:
    return cents_text(_nearest(Fraction(units, _UNITS_PER_CENT)))


def ratio(value: Fraction) -> str:
    scaled = _nearest(value * 10_000)
    return f"{scaled // 10_000}.{scaled % 10_000:04d}"


def wilson(share: Fraction, count: int) -> tuple[Fraction, Fraction]:
    square = _Z * _Z
    spread = _Z * _root(share * (1 - share) / count + square / (4 * count * count))
    middle = share + square / (2 * count)
    scale = 1 + square / count
    # The root is rounded down by less than 10^-40, so a bound of exactly 0 or 1 comes out within that.
    return max((middle - spread) / scale, Fraction(0)), min((middle + spread) / scale, Fraction(1))


def _root(value: Fraction) -> Fraction:
    scale = 10 ** (2 * _PLACES)
    return Fraction(isqrt(value.numerator * scale // value.denominator), 10**_PLACES)


def _nearest(value: Fraction) -> int:
    rounded = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return -rounded if value < 0 else rounded
