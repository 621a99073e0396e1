"""A data set: the files that a candidate sees, and what has to come of them."""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from random import Random

from generator import edges, plants, reasons
from generator.expected import Expected
from generator.halves import without_halves
from generator.layout import Layout, Part, lay_out
from generator.model import CLEANED_COLUMNS, MOST_CENTS, MOST_QUANTITY, RULES, Row, World
from generator.profiles import PROFILES, Profile
from generator.reference_db import write_reference
from generator.truth import Orders
from generator.world import build_world


@dataclass(frozen=True)
class DataSet:
    """`rows` stand in no order; where each stands in the files is the layout's choice, and R17 says it never matters."""

    profile: Profile
    seed: int
    world: World
    rows: tuple[Row, ...]
    arrangement: int = 0
    part_count: int | None = None
    keep_log: bool = True

    @cached_property
    def layout(self) -> Layout:
        return lay_out(
            self.profile, self.seed, list(self.rows), self.arrangement, self.part_count, self.keep_log
        )

    @property
    def parts(self) -> list[Part]:
        return self.layout.parts

    @cached_property
    def expected(self) -> Expected:
        return Expected(self.world, self.layout)

    def rearranged(self, arrangement: int, parts: int | None = None) -> "DataSet":
        """The same records in another order, in other files with other columns."""
        return replace(self, arrangement=arrangement, part_count=parts)

    def with_copies(self, share: float) -> "DataSet":
        """The data set with further copies of this share of its rows, exported once more."""
        rng = Random(f"copies/{self.profile.name}/{self.seed}")
        good = [row for row in self.rows if not row.faults]
        again = [
            replace(row, number=len(self.rows) + number)
            for number, row in enumerate(rng.sample(good, int(share * len(good))))
        ]
        return replace(self, rows=(*self.rows, *again))

    def write(self, folder: Path) -> None:
        """Writes the input folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for part in self.parts:
            (folder / part.name).write_bytes(part.data)
        write_reference(self.world, folder / "reference.db")
        if self.profile.layout == "wild" and "R1" in self.profile.rules:
            _write_decoys(folder)

    def write_expected(self, folder: Path) -> None:
        """Writes the expected results, for people and for tools in other languages."""
        folder.mkdir(parents=True, exist_ok=True)
        expected = self.expected
        for name, value in (("answers", expected.answers), ("headlines", expected.headlines)):
            text = json.dumps(value, ensure_ascii=False, indent=1)
            (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        _write_csv(folder / "cleaned.csv", CLEANED_COLUMNS, expected.cleaned())
        _write_csv(folder / "rejects.csv", ("source_file", "line", "reason"), expected.rejects)
        _write_csv(
            folder / "duplicates.csv",
            ("source_file", "line", "order_id"),
            sorted((found.file, found.line, found.row.version.order_id) for found in expected.duplicates),
        )
        _write_csv(
            folder / "corruptions.csv",
            ("source_file", "line", "order_id", "column", "kind", "rule"),
            (
                (found.file, found.line, found.order_id, found.column, found.kind, found.rule)
                for found in expected.corruptions
            ),
        )


def generate(
    profile: str, seed: int, rows: int, rules: Iterable[str] | None = None, keep_log: bool = True
) -> DataSet:
    """A data set of about so many rows; with no rows, of empty parts.

    Of `rules`, all if absent, only these are exercised: everything else is spelled plainly and has no traps.
    """
    chosen = PROFILES[profile].only(frozenset(RULES if rules is None else rules))
    rng = Random(f"truth/{profile}/{seed}/{rows}")
    start = date(2022 + rng.randrange(3), rng.randint(1, 12), 1)
    days = round(chosen.months * 30.4)
    variant = edges.VARIANTS[0]
    if profile == "edge":
        # Most edge sets are the first variant; three of eight are the rare ones.
        variant = {3: "few-products", 5: "returns-only", 7: "nothing-clean"}.get(seed % 8, variant)
        days = 28
        chosen = replace(chosen, products=3 if variant == "few-products" else 10)
    customers = min(max(rows // 12, 12), 5_000)
    world = build_world(chosen, rng, start, days, customers)
    orders = Orders(chosen, world, rng, start, days)
    if profile == "edge":
        # Only now, so that no other order is theirs.
        world = edges.with_edge_customers(world)
    if profile == "edge" and rows:
        edges.build(orders, variant, rows)
    elif profile == "reasons":
        reasons.build(orders, rows)
    elif rows:
        plants.plant(orders)
        orders.fill(max(rows - len(orders.rows), 0))
    if "R16" not in chosen.rules:
        without_halves(orders)
    _require_valid(orders.rows)
    return DataSet(chosen, seed, world, tuple(orders.rows), keep_log=keep_log)


def _require_valid(rows: Iterable[Row]) -> None:
    """Only a fault makes a row invalid: a value beyond a rule's bounds that is expected to stay would accuse wrongly."""
    for version in (row.version for row in rows):
        years = (version.ordered_at.year, version.exported_at.year)
        if not (
            0 < abs(version.quantity) <= MOST_QUANTITY
            and 0 <= version.price_cents <= MOST_CENTS
            and 0 <= version.discount <= 10_000
            and 1900 <= min(years) <= max(years) <= 2100
        ):
            raise ValueError(f"the generator made an order that no rule allows: {version}")


def _write_csv(path: Path, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _write_decoys(folder: Path) -> None:
    """What is no part: other cases of the name, another ending, a folder, a file in a folder."""
    header = b"order_id,note\nDECOY,1\n"
    for name in (
        "Orders_old.csv",
        "orders_backup.CSV",
        "orders.csv.bak",
        "my_orders.csv",
        "orders_notes.txt",
    ):
        (folder / name).write_bytes(header)
    inner = folder / "orders_archive.csv"
    inner.mkdir(exist_ok=True)
    (inner / "orders_inner.csv").write_bytes(header)
