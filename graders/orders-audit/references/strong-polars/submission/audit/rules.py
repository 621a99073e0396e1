"""The rules for fields, as expressions. An expression gives null for what its rule does not allow."""

import polars as pl

NULLS = ["", "na", "n/a", "null", "none", "-", "?"]
_HM = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_FORMS = (
    rf"^(?:[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}|[0-9]{{2}}/[0-9]{{2}}/[0-9]{{4}})(?: {_HM}(?::[0-5][0-9])?)?$"
    rf"|^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_HM}:[0-5][0-9](?:Z|[+-][0-9]{{2}}:[0-5][0-9])?$"
)


def is_null(column: str) -> pl.Expr:
    return pl.col(column).str.to_lowercase().is_in(NULLS)


def identifier(column: str) -> pl.Expr:
    return pl.when(~is_null(column)).then(pl.col(column).str.to_uppercase())


def region() -> pl.Expr:
    words = pl.col("region").str.replace_all("[ \t\r\n]+", " ").str.split(" ")
    cased = words.list.eval(
        pl.element().str.slice(0, 1).str.to_uppercase() + pl.element().str.slice(1).str.to_lowercase()
    )
    return pl.when(is_null("region")).then(pl.lit("Unknown")).otherwise(cased.list.join(" "))


def moment(column: str) -> pl.Expr:
    """UTC, whole seconds."""
    text = pl.col(column)
    slash = text.str.slice(2, 1) == "/"
    day = (
        pl.when(slash)
        .then(text.str.slice(6, 4) + "-" + text.str.slice(3, 2) + "-" + text.str.slice(0, 2))
        .otherwise(text.str.slice(0, 10))
    )
    clock = text.str.slice(11, 8)
    full = clock + pl.lit("00:00:00").str.slice(clock.str.len_chars())
    local = (day + " " + full).str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="ms", strict=False)
    offset = text.str.slice(19, 6)
    minutes = offset.str.slice(1, 2).cast(pl.Int64, strict=False) * 60 + offset.str.slice(4, 2).cast(
        pl.Int64, strict=False
    )
    signed = pl.when(offset.str.starts_with("-")).then(-minutes).otherwise(minutes).fill_null(0)
    allowed = text.str.contains(_FORMS) & (signed.abs() <= 14 * 60)
    return pl.when(allowed).then(local - pl.duration(minutes=signed, time_unit="ms"))


def quantity() -> pl.Expr:
    digits = pl.col("quantity").str.extract(r"^(-?[0-9]+)(?:\.0+)?$")
    value = digits.cast(pl.Int64, strict=False)
    return pl.when((value != 0) & (value.abs() <= 10**6)).then(value)


def cents() -> pl.Expr:
    number = pl.col("unit_price").str.extract("^[$€£]?([0-9]+(?:[.,][0-9]+)*)$")
    places = number.str.extract("[.,]([0-9]{1,2})$").fill_null("")
    whole = number.str.replace("[.,][0-9]{1,2}$", "").str.replace_all("[.,]", "")
    value = (whole + places.str.pad_end(2, "0")).cast(pl.Int64, strict=False)
    return pl.when(value < 10**11).then(value)


def currency() -> pl.Expr:
    upper = pl.col("currency").str.to_uppercase()
    return pl.when(upper.is_in(["USD", "EUR", "GBP"])).then(upper)


def discount() -> pl.Expr:
    """Hundredths of a percent."""
    pattern = r"^([0-9]+)(?:\.([0-9]{1,2}))?%?$"
    whole, places = (
        pl.col("discount_pct").str.extract(pattern, 1),
        pl.col("discount_pct").str.extract(pattern, 2),
    )
    value = (whole + places.fill_null("").str.pad_end(2, "0")).cast(pl.Int64, strict=False)
    return pl.when(is_null("discount_pct")).then(0).when(value <= 10_000).then(value)
