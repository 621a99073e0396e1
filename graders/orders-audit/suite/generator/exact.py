"""Exact numbers and their rounding: integers in small units, halves away from zero, no sign on zero (R16)."""

from decimal import ROUND_HALF_UP, Context, Decimal

# Quantity times hundredths (price) times hundredths of a percent (discount) times millionths (rate).
UNITS_PER_USD = 10**12
_UNITS_PER_CENT = 10**10
_HALF_A_CENT = _UNITS_PER_CENT // 2
_Z = Decimal("1.959964")
_CONTEXT = Context(prec=60)
# A bound of the interval this near to a half would round differently in binary fractions. Nobody is asked for that.
_MARGIN = Decimal("1e-8")


def hundredths(value: int) -> str:
    """A number of hundredths as text with two places."""
    if value < 0:
        return f"-{-value // 100}.{-value % 100:02d}"
    return f"{value // 100}.{value % 100:02d}"


def cents_of(units: int) -> int:
    """Units of 10⁻¹² USD, rounded to cents."""
    if units < 0:
        return -((_HALF_A_CENT - units) // _UNITS_PER_CENT)
    return (units + _HALF_A_CENT) // _UNITS_PER_CENT


def money(units: int) -> str:
    """Units of 10⁻¹² USD, rounded to cents, as text."""
    return hundredths(cents_of(units))


def rate(part: int, whole: int) -> str:
    """part / whole, rounded to four places."""
    scaled = (2 * part * 10_000 + whole) // (2 * whole)
    return f"{scaled // 10_000}.{scaled % 10_000:04d}"


def wilson(part: int, whole: int) -> tuple[str, str]:
    """The 95 % Wilson score interval of part / whole."""
    n, share, square = Decimal(whole), _CONTEXT.divide(Decimal(part), Decimal(whole)), _Z * _Z
    inner = _CONTEXT.add(
        _CONTEXT.divide(_CONTEXT.multiply(share, _CONTEXT.subtract(Decimal(1), share)), n),
        _CONTEXT.divide(square, 4 * n * n),
    )
    half = _CONTEXT.multiply(_Z, _CONTEXT.sqrt(inner))
    middle = _CONTEXT.add(share, _CONTEXT.divide(square, 2 * n))
    scale = _CONTEXT.add(Decimal(1), _CONTEXT.divide(square, n))
    low = _CONTEXT.divide(_CONTEXT.subtract(middle, half), scale)
    high = _CONTEXT.divide(_CONTEXT.add(middle, half), scale)
    return _four_places(low), _four_places(high)


def _four_places(value: Decimal) -> str:
    fraction = abs(value * 10_000) % 1
    if abs(fraction - Decimal("0.5")) < _MARGIN:
        raise ValueError(f"{value} is too near to a half to be asked for")
    text = str(value.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP))
    return text.removeprefix("-") if text == "-0.0000" else text
