"""The rules for columns. Each function takes trimmed text and returns the values and a mask of the bad ones."""

import re

import numpy as np
import pandas as pd

NULLS = ["", "na", "n/a", "null", "none", "-", "?"]
UNKNOWN = "Unknown"

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_HOUR_MINUTE = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_ISO = rf"^({_DATE})(?: ({_HOUR_MINUTE}(?::[0-5][0-9])?))?$"
_ISO_T = rf"^({_DATE})T({_HOUR_MINUTE}:[0-5][0-9])(Z|[+-][0-9]{{2}}:[0-5][0-9])?$"
_DAY_FIRST = rf"^([0-9]{{2}})/([0-9]{{2}})/([0-9]{{4}})(?: ({_HOUR_MINUTE}(?::[0-5][0-9])?))?$"
_QUANTITY = r"^(-?[0-9]+)(?:\.0+)?$"
_PRICE = r"^[$€£]?([0-9]+(?:[.,][0-9]+)*)$"
_DISCOUNT = r"^([0-9]+)(?:\.([0-9]{1,2}))?%?$"

_MAX_QUANTITY = 10**6
_MAX_CENTS = 10**11
_MAX_OFFSET_MINUTES = 14 * 60

Column = tuple[pd.Series, pd.Series]


def is_null(text: pd.Series) -> pd.Series:
    return text.str.lower().isin(NULLS)


def identifiers(text: pd.Series) -> pd.Series:
    """Upper-cased; null where there is none."""
    return text.str.upper().mask(is_null(text))


def regions(text: pd.Series) -> pd.Series:
    """There are few different regions, so each is cleaned once."""
    known = {raw: _region(raw) for raw in text.unique()}
    return text.map(known).astype("str")


def _region(raw: str) -> str:
    if raw.lower() in NULLS:
        return UNKNOWN
    return " ".join(word[:1].upper() + word[1:].lower() for word in re.split("[ \t\r\n]+", raw))


def moments(text: pd.Series) -> Column:
    """Times in UTC, to the second."""
    iso = text.str.extract(_ISO)
    iso_t = text.str.extract(_ISO_T)
    slash = text.str.extract(_DAY_FIRST)
    day_first = slash[2] + "-" + slash[1] + "-" + slash[0]
    day = iso[0].fillna(iso_t[0]).fillna(day_first)
    clock = iso[1].fillna(iso_t[1]).fillna(slash[3]).fillna("00:00")
    clock = clock.where(clock.str.len() == 8, clock + ":00")
    local = pd.to_datetime(day + " " + clock, format="%Y-%m-%d %H:%M:%S", errors="coerce")
    local = local.astype("datetime64[s]")
    minutes = _offset_minutes(iso_t[2])
    utc = local - pd.to_timedelta(minutes * 60, unit="s").astype("timedelta64[s]")
    return utc, local.isna() | (minutes.abs() > _MAX_OFFSET_MINUTES)


def _offset_minutes(offset: pd.Series) -> pd.Series:
    known = {raw: _minutes(raw) for raw in offset.dropna().unique()}
    return offset.map(known).fillna(0).astype("int64")


def _minutes(raw: str) -> int:
    if raw == "Z":
        return 0
    size = int(raw[1:3]) * 60 + int(raw[4:])
    return -size if raw.startswith("-") else size


def quantities(text: pd.Series) -> Column:
    values = _integers(text.str.extract(_QUANTITY)[0])
    return values, (values == 0) | (values.abs() > _MAX_QUANTITY)


def prices(text: pd.Series) -> Column:
    """Cents. One or two digits behind the last separator are decimal places."""
    number = text.str.extract(_PRICE)[0]
    parts = number.str.extract(r"^(.*?)(?:[.,]([0-9]{1,2}))?$")
    whole = parts[0].str.replace("[.,]", "", regex=True)
    values = _integers(whole + parts[1].fillna("").str.pad(2, side="right", fillchar="0"))
    bad = number.isna() | (values >= _MAX_CENTS) | (values < 0)
    return values, bad


def currencies(text: pd.Series) -> Column:
    values = text.str.upper()
    return values, ~values.isin(["USD", "EUR", "GBP"])


def discounts(text: pd.Series) -> Column:
    """Hundredths of a percent; null is none."""
    parts = text.mask(is_null(text), "0").str.extract(_DISCOUNT)
    values = _integers(parts[0] + parts[1].fillna("").str.pad(2, side="right", fillchar="0"))
    return values, parts[0].isna() | (values > 10_000) | (values < 0)


def _integers(digits: pd.Series) -> pd.Series:
    """Integers of texts of digits. Nothing gives 0, and what is beyond every bound gives the largest integer."""
    zeroless = digits.fillna("0").str.replace("^(-?)0+(?=[0-9])", r"\1", regex=True)
    too_long = zeroless.str.len() > 18
    values = zeroless.mask(too_long, "0").astype("int64")
    return values.mask(too_long, np.iinfo(np.int64).max)
