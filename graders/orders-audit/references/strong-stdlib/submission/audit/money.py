"""Exact numbers: revenue is an integer of 10⁻¹² USD. Rounding happens on output only, halves away from zero."""

from decimal import ROUND_HALF_UP, Decimal, localcontext

_UNITS_PER_CENT = 10**10
_Z = Decimal("1.959964")
_FOUR_PLACES = Decimal("0.0001")


def revenue_units(quantity: int, cents: int, discount: int, rate_millionths: int) -> int:
    return quantity * cents * (10_000 - discount) * rate_millionths


def usd(units: int) -> str:
    cents = (abs(units) + _UNITS_PER_CENT // 2) // _UNITS_PER_CENT
    return hundredths(-cents if units < 0 else cents)


def hundredths(value: int) -> str:
    whole, places = divmod(abs(value), 100)
    return f"{'-' if value < 0 else ''}{whole}.{places:02d}"


def rate(part: int, whole: int) -> str:
    with localcontext(prec=50):
        return _four_places(Decimal(part) / whole)


def wilson(part: int, whole: int) -> tuple[str, str]:
    """The 95 % Wilson score interval of part / whole."""
    with localcontext(prec=50):
        share = Decimal(part) / whole
        square = _Z * _Z
        middle = share + square / (2 * whole)
        half = _Z * (share * (1 - share) / whole + square / (4 * whole * whole)).sqrt()
        scale = 1 + square / whole
        return _four_places((middle - half) / scale), _four_places((middle + half) / scale)


def _four_places(value: Decimal) -> str:
    # Adding zero takes the sign from a negative zero.
    return str(value.quantize(_FOUR_PLACES, ROUND_HALF_UP) + Decimal(0))
