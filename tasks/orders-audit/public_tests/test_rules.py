"""Small cases of the rules. The hidden tests have more of each kind."""

from __future__ import annotations

from conftest import COLUMNS, PLAIN, Folder


def test_prices(folder: Folder) -> None:
    found = folder.spellings("unit_price", "12.5", "1.234", "1.234,5", "€1,5", "free", "-1.00")
    assert found == ["12.50", "1234.00", "1234.50", "1.50", "bad_price", "bad_price"]


def test_quantities(folder: Folder) -> None:
    assert folder.spellings("quantity", "3", "-2.0", "0", "1.5") == [
        "3",
        "-2",
        "bad_quantity",
        "bad_quantity",
    ]


def test_discounts(folder: Folder) -> None:
    found = folder.spellings("discount_pct", "7.5%", "0.5", "n/a", "101")
    assert found == ["7.50", "0.50", "0.00", "bad_discount"]


def test_times(folder: Folder) -> None:
    found = folder.spellings(
        "ordered_at", "2024-01-09", "10/01/2024 08:30", "2024-01-11T01:00:00+02:00", "2024-02-30", "1/2/2024"
    )
    assert found == [
        "2024-01-09T00:00:00Z",
        "2024-01-10T08:30:00Z",
        "2024-01-10T23:00:00Z",
        "bad_timestamp",
        "bad_timestamp",
    ]


def test_regions(folder: Folder) -> None:
    found = folder.spellings("region", "north  WEST", " south ", "north-west", "None")
    assert found == ["North West", "South", "North-west", "Unknown"]


def test_ids_keep_their_zeros_and_match_in_any_case(folder: Folder) -> None:
    folder.part({"order_id": "0007", "product_id": "p-1"}, {"order_id": "a8", "product_id": "0003"})
    assert folder.succeed().cells("product_id") == {"0007": "P-1", "A8": "0003"}


def test_records_with_quotes_line_breaks_and_bad_bytes(folder: Folder) -> None:
    good = ",".join(PLAIN.values())
    broken = good.replace("North", '"North\r\nWest"').replace("ORD-1", "ORD-2")
    lines = [",".join(COLUMNS), broken, good.replace("North", "N\xe9"), "too,short", good]
    (folder.input / "orders.csv").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode("latin-1"))
    outputs = folder.succeed()
    assert outputs.cells("region") == {"ORD-1": "North", "ORD-2": "North West"}
    assert outputs.rejects == [("orders.csv", 4, "unparsable"), ("orders.csv", 5, "unparsable")]


def test_the_first_reason_counts(folder: Folder) -> None:
    folder.part(
        {"quantity": "0", "product_id": ""},
        {"quantity": "0", "product_id": "P-99"},
        {"product_id": "P-99", "currency": "CHF"},
        {"product_id": "P-99"},
        {"currency": "EUR", "ordered_at": "2024-01-04T23:59:59Z"},
    )
    reasons = [reason for _, _, reason in folder.succeed().rejects]
    assert reasons == ["missing_field", "bad_quantity", "bad_currency", "unknown_product", "no_fx_rate"]


def test_the_latest_export_counts_over_all_parts(folder: Folder) -> None:
    new = {"order_id": "A", "quantity": "2", "exported_at": "2024-01-21"}
    folder.part({"order_id": "A"}, new, name="orders_1.csv")
    folder.part({"order_id": "a", "quantity": "3", "exported_at": "2024-01-20"}, new, name="orders_2.csv")
    outputs = folder.succeed()
    assert outputs.cells("quantity") == {"A": "2"}
    assert outputs.answers["meta"]["duplicates_dropped"] == 3


def test_money_is_exact_and_rounded_away_from_zero(folder: Folder) -> None:
    half = {"unit_price": "2.01", "discount_pct": "50"}
    folder.part(
        half, {**half, "quantity": "-1", "region": "South"}, {"unit_price": "0.25", "discount_pct": "50"}
    )
    assert list(folder.succeed().cells("net_revenue_usd").values()) == ["1.01", "-1.01", "0.13"]


def test_rates_hold_until_the_next_day_with_a_rate(folder: Folder) -> None:
    folder.part(
        {"currency": "EUR", "ordered_at": "2024-01-07T23:59:59Z"},
        {"currency": "EUR", "ordered_at": "2024-01-08T00:00:00Z"},
    )
    assert list(folder.succeed().cells("net_revenue_usd").values()) == ["110.00", "120.00"]


def test_countries_are_those_of_the_primary_address(folder: Folder) -> None:
    folder.part({}, {"customer_id": "c-2", "unit_price": "5"}, {"customer_id": "", "unit_price": "2"})
    assert folder.succeed().answers["q4"] == [
        {"country": "Germany", "net_revenue_usd": "100.00"},
        {"country": "Unknown", "net_revenue_usd": "7.00"},
    ]
