"""The rules for single fields, R3 to R10. A function returns None for null and raises `BadField` for what is wrong."""

import re
from datetime import datetime, timedelta

NULLS = frozenset(("", "na", "n/a", "null", "none", "-", "?"))
UNKNOWN = "Unknown"

_TIME = re.compile(
    r"(?:(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"|(?P<last_day>[0-9]{2})/(?P<last_month>[0-9]{2})/(?P<last_year>[0-9]{4}))"
    r"(?: (?P<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?))?"
)
_TIME_T = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2})?")
_QUANTITY = re.compile(r"(-?[0-9]+)(?:\.0+)?")
_PRICE = re.compile(r"[$€£]?([0-9]+(?:[.,][0-9]+)*)")
_DISCOUNT = re.compile(r"([0-9]+)(?:\.([0-9]{1,2}))?%?")

_MAX_QUANTITY = 10**6
_MAX_CENTS = 10**11
_MAX_OFFSET = timedelta(hours=14)


class BadField(ValueError):
    """The text is none of the forms that its rule knows."""


def is_null(text: str) -> bool:
    return text.lower() in NULLS


def region(text: str) -> str:
    if is_null(text):
        return UNKNOWN
    words = re.split(r"[ \t\r\n]+", text)
    return " ".join(word[0].upper() + word[1:].lower() for word in words)


def moment(text: str) -> str:
    """The time in UTC as `YYYY-MM-DDTHH:MM:SSZ`; such texts sort like the times."""
    try:
        found = _TIME_T.fullmatch(text)
        if found is not None:
            value = datetime.fromisoformat(found[1])
            offset = found[2]
            if offset is not None and offset != "Z":
                value -= _offset(offset)
        else:
            value = _local(text)
    except (ValueError, OverflowError):
        raise BadField from None
    return value.isoformat() + "Z"


def _local(text: str) -> datetime:
    found = _TIME.fullmatch(text)
    if found is None:
        raise BadField
    year, month, day = found["year"], found["month"], found["day"]
    if year is None:
        year, month, day = found["last_year"], found["last_month"], found["last_day"]
    clock = [int(number) for number in (found["clock"] or "00:00").split(":")]
    return datetime(int(year), int(month), int(day), *clock)


def _offset(text: str) -> timedelta:
    hours, minutes = int(text[1:3]), int(text[4:6])
    size = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or size > _MAX_OFFSET:
        raise BadField
    return -size if text[0] == "-" else size


def quantity(text: str) -> int:
    found = _QUANTITY.fullmatch(text)
    if found is None:
        raise BadField
    value = int(found[1])
    if value == 0 or abs(value) > _MAX_QUANTITY:
        raise BadField
    return value


def price(text: str) -> int:
    """Cents."""
    found = _PRICE.fullmatch(text)
    if found is None:
        raise BadField
    groups = re.split("[.,]", found[1])
    places = groups.pop() if len(groups) > 1 and len(groups[-1]) <= 2 else ""
    cents = int("".join(groups) + places.ljust(2, "0"))
    if cents >= _MAX_CENTS:
        raise BadField
    return cents


def currency(text: str) -> str:
    value = text.upper()
    if value not in ("USD", "EUR", "GBP"):
        raise BadField
    return value


def discount(text: str) -> int:
    """Hundredths of a percent."""
    if is_null(text):
        return 0
    found = _DISCOUNT.fullmatch(text)
    if found is None:
        raise BadField
    value = int(found[1] + (found[2] or "").ljust(2, "0"))
    if value > 10_000:
        raise BadField
    return value
