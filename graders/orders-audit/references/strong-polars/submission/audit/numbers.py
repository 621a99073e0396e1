"""Exact values as text, and the Wilson interval."""

from decimal import ROUND_HALF_UP, Decimal, getcontext

import polars as pl

_UNITS_PER_CENT = 10**10
_Z = Decimal("1.959964")

getcontext().prec = 50


def usd(units: int) -> str:
    cents = (Decimal(units) / _UNITS_PER_CENT).quantize(Decimal(1), ROUND_HALF_UP)
    return f"{cents.scaleb(-2) + 0:.2f}"


def usd_column(column: str) -> pl.Expr:
    """Units of 10⁻¹² USD as text with two places, halves away from zero."""
    units = pl.col(column)
    cents = (units.abs() + _UNITS_PER_CENT // 2) // _UNITS_PER_CENT
    return pl.when((units < 0) & (cents > 0)).then(pl.lit("-")).otherwise(pl.lit("")) + hundredths(cents)


def hundredths(value: pl.Expr) -> pl.Expr:
    """A number that is not negative."""
    return (value // 100).cast(pl.String) + "." + (value % 100).cast(pl.String).str.zfill(2)


def ratio(part: int, whole: int) -> str:
    return _places(Decimal(part) / whole)


def wilson(part: int, whole: int) -> tuple[str, str]:
    share, square = Decimal(part) / whole, _Z**2
    scale = 1 + square / whole
    middle = share + square / (2 * whole)
    half = _Z * (share * (1 - share) / whole + square / (2 * whole) ** 2).sqrt()
    return _places((middle - half) / scale), _places((middle + half) / scale)


def _places(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.0001'), ROUND_HALF_UP) + 0:.4f}"
