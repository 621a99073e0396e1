"""Input folders that cannot be used: each entry breaks a good one in one way. A run has to end with exit status 2."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path


def _parts(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("orders*.csv") if path.is_file())


def _no_part(folder: Path) -> None:
    for path in _parts(folder):
        path.rename(path.with_name(path.name.capitalize()))


def _no_input(folder: Path) -> None:
    for path in _parts(folder):
        path.unlink()


def _edit_header(folder: Path, edit: Callable[[bytes], bytes]) -> None:
    """Adds a part of which only the header is wrong; the others stay as they are."""
    columns = (
        b"order_id,customer_id,product_id,region,ordered_at,quantity,"
        b"unit_price,currency,discount_pct,exported_at\n"
    )
    (folder / "orders_zz.csv").write_bytes(edit(columns))


def _missing_column(folder: Path) -> None:
    _edit_header(folder, lambda header: header.replace(b",exported_at", b""))


def _case_of_column(folder: Path) -> None:
    _edit_header(folder, lambda header: header.replace(b"quantity", b"Quantity"))


def _empty_file(folder: Path) -> None:
    _edit_header(folder, lambda _: b"")


def _not_csv(folder: Path) -> None:
    _edit_header(folder, lambda _: b"PK\x03\x04 this is no csv file\n" * 3)


def _header_not_utf8(folder: Path) -> None:
    _edit_header(folder, lambda header: header.replace(b"region", b"region,caf\xe9"))


def _no_reference(folder: Path) -> None:
    (folder / "reference.db").unlink()


def _reference_is_text(folder: Path) -> None:
    (folder / "reference.db").write_bytes(b"customer_id,name,segment\nC-1,Ada,consumer\n" * 40)


def _change_reference(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "reference.db")) as connection:
        connection.executescript(statement)


def _reference_is_empty(folder: Path) -> None:
    (folder / "reference.db").write_bytes(b"")


def _no_table(folder: Path) -> None:
    _change_reference(folder, "DROP VIEW latest_fx_rates; DROP TABLE fx_rates")


def _no_address_table(folder: Path) -> None:
    _change_reference(folder, "DROP TABLE addresses")


def _no_table_column(folder: Path) -> None:
    _change_reference(folder, "ALTER TABLE addresses RENAME COLUMN is_primary TO main")


UNUSABLE: dict[str, Callable[[Path], None]] = {
    "no-part": _no_input,
    "no-part-of-that-case": _no_part,
    "missing-column": _missing_column,
    "column-of-another-case": _case_of_column,
    "empty-file": _empty_file,
    "not-csv": _not_csv,
    "header-not-utf8": _header_not_utf8,
    "no-reference": _no_reference,
    "reference-is-text": _reference_is_text,
    "reference-is-empty": _reference_is_empty,
    "no-table": _no_table,
    "no-address-table": _no_address_table,
    "no-table-column": _no_table_column,
}
