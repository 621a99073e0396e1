"""How many rows each rule of the brief decided, and how many of them came out right, over all data sets of a run.

A row counts for a rule that has something to do with it: its spelling needs the rule, the rule rejects it, or the rule
chooses it among others. A row that came out wrong is charged to one rule, as far as what was written tells which. This
only tells an interviewer where to look; the checks decide.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from checks import CHECKS, Result
from generator.expected import Clean
from generator.faults import RULE_OF_REASON
from generator.model import Dressing, Placed
from outputs import RULE_OF_COLUMN, Difference, compare_cleaned, compare_rejects, parse_place
from takehome_suite.exhibits import Cell, Table

TITLES = {
    "R1": "Parts: BOM, line ends, quotes, columns",
    "R2": "White space around fields is trimmed",
    "R3": "Spellings of null",
    "R4": "Ids: strings, upper-cased, zeros stay",
    "R5": "Regions: spaces and case",
    "R6": "Timestamps: these forms, in UTC",
    "R7": "Quantity: whole, returns negative, not zero",
    "R8": "Unit price: either decimal separator",
    "R9": "Currency: one of three",
    "R10": "Discount: a percentage, null is 0",
    "R11": "Required fields",
    "R12": "Product is in the reference data",
    "R13": "Rate: the latest not after the day",
    "R14": "Rejects: the first reason, the line",
    "R15": "One row an order: the latest export",
    "R16": "Revenue: exact, halves away from zero",
    "R17": "Order and parts of rows never matter",
}
_COLUMNS_OF_REASON = {
    "bad_timestamp": ("ordered_at", "exported_at"),
    "bad_quantity": ("quantity",),
    "bad_price": ("unit_price",),
    "bad_currency": ("currency",),
    "bad_discount": ("discount_pct",),
    "unknown_product": ("product_id",),
    "no_fx_rate": ("ordered_at", "currency"),
}
_FACTORS = {"ordered_at", "quantity", "unit_price", "currency", "discount_pct"}

# An order, or a place in a file.
Key = tuple[str, ...]


@dataclass
class Tally:
    """The rows of one data set by rule: those that it decided, and those of them that are wrong.

    Of `unclear` rows several rules may be to blame: the first of them that is broken elsewhere too, else the last.
    """

    decided: dict[str, set[Key]] = field(default_factory=dict)
    wrong: dict[str, set[Key]] = field(default_factory=dict)
    unclear: list[tuple[Key, tuple[str, ...]]] = field(default_factory=list)

    def decide(self, key: Key, rules: Iterable[str]) -> None:
        for rule in rules:
            self.decided.setdefault(rule, set()).add(key)

    def lose(self, key: Key, rules: Iterable[str]) -> None:
        for rule in rules:
            self.wrong.setdefault(rule, set()).add(key)
            self.decided.setdefault(rule, set()).add(key)

    def settle(self, broken: set[str]) -> None:
        """Charges what was unclear, now that it is known which rules are broken elsewhere."""
        for key, candidates in self.unclear:
            self.lose(key, [next((rule for rule in candidates if rule in broken), candidates[-1])])
        self.unclear.clear()


def rule_table(results: Sequence[Result], failed: set[str]) -> Table:
    """The table of all rules. `failed` are the checks that were lost."""
    decided: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    tallies = [tally_of(result) for result in results]
    broken_rules = {rule for tally in tallies for rule in tally.wrong}
    for tally in tallies:
        tally.settle(broken_rules)
        decided.update({rule: len(keys) for rule, keys in tally.decided.items()})
        wrong.update({rule: len(keys) for rule, keys in tally.wrong.items()})
    rows = []
    for rule, title in TITLES.items():
        checks = [check.id for check in CHECKS if rule in check.rules and check.id in failed]
        lost = Cell(f"{wrong[rule]:,}", "bad" if wrong[rule] else "")
        right = f"{decided[rule] - wrong[rule]:,}"
        rows.append((f"{rule}  {title}", f"{decided[rule]:,}", right, lost, ", ".join(checks)))
    broken = sum(1 for result in results if result.ended.status != 0)
    note = (
        f"Rows of {len(results)} generated data sets that a rule decides, and how many came out right. A wrong row is charged "
        "to the rule that its output points to; the points follow from the checks alone."
    )
    if broken:
        note += f" In {broken} of the sets the run failed, so all of their rows are lost."
    return Table(
        "Rules and rows",
        ("Rule", "Rows", "Right", "Lost", "Lost checks"),
        rows,
        numbers=("Rows", "Right", "Lost"),
        note=note,
    )


def tally_of(result: Result) -> Tally:
    """What a run made of one data set."""
    return _Counted(result).tally


class _Counted:
    def __init__(self, result: Result) -> None:
        self.tally = Tally()
        self._data = result.data
        self._rules = result.data.profile.rules
        self._expected = result.data.expected
        self._log = result.data.layout.log
        self._stored = {product.product_id for product in result.data.world.products}
        self._older: dict[str, list[Placed]] = {}
        for placed in self._expected.duplicates:
            self._older.setdefault(placed.row.version.order_id, []).append(placed)
        for order_id, clean in self._expected.clean.items():
            self.tally.decide(("order", order_id), self._rules_of(order_id, clean))
        places = (one for part in result.data.parts for one in part.placed)
        self._placed_at: dict[Key, Placed] = {(one.file, str(one.line)): one for one in places}
        for file, line, reason in self._expected.rejects:
            key = (file, str(line))
            several = len({fault.reason for fault in self._placed_at[key].row.faults}) > 1
            extra = ["R14"] if several else []
            self.tally.decide(key, {RULE_OF_REASON[reason], *extra, *self._everywhere()})
        if result.ended.status != 0:
            self._lose_everything()
            return
        rejects = list(compare_rejects(result.output, self._expected))
        cleaned = list(compare_cleaned(result.output, self._expected))
        if any(one.place.startswith(("cannot", "header")) for one in (*rejects, *cleaned)):
            self._lose_everything()
            return
        observed = self._count_rejects(rejects)
        self._count_orders(cleaned, observed)

    def _everywhere(self) -> set[str]:
        """Rules that are about files, so that they decide all rows of the set."""
        found = {"R1"} & self._rules
        if "R17" in self._rules and len(self._data.parts) > 1:
            found.add("R17")
        return found

    def _rules_of(self, order_id: str, clean: Clean) -> set[str]:
        version = clean.placed.row.version
        rules = self._everywhere() | {dressing.rule for dressing in self._dressings(clean.placed)}
        if order_id in self._older:
            rules.add("R15")
        if "R12" in self._rules and version.product_id not in self._stored:
            rules.add("R12")
        if "R13" in self._rules and version.currency != "USD":
            rules.add("R13")
        return rules | ({"R16"} & self._rules)

    def _dressings(self, placed: Placed) -> list[Dressing]:
        return self._log.get(placed.row.number, [])

    def _lose_everything(self) -> None:
        for rule, keys in list(self.tally.decided.items()):
            self.tally.wrong[rule] = set(keys)

    def _count_rejects(self, differences: list[Difference]) -> dict[Key, str]:
        """Charges the rejects; returns the reasons of rows that should not have been rejected."""
        found: list[tuple[Key, object, object]] = []
        for difference in differences:
            file, word, line = difference.place.rpartition(" line ")
            if word and line.isdigit():
                found.append(((file, line), difference.expected, difference.observed))
        wanted = Counter(str(one) for _, one, _ in found if one is not None)
        if wanted == Counter(str(one) for _, _, one in found if one is not None):
            # The right rows for the right reasons, but on other lines, or with their reasons exchanged.
            for key, one, _ in found:
                if one is not None:
                    self.tally.lose(key, ["R14"])
            return {}
        unasked: dict[Key, str] = {}
        for key, one, other in found:
            if one is None:
                unasked[key] = str(other)
            else:
                self._count_reason(key, str(one), other)
        return unasked

    def _count_reason(self, key: Key, wanted: str, found: object) -> None:
        rule = RULE_OF_REASON[wanted]
        faults = {fault.reason for fault in self._placed_at[key].row.faults}
        if found is None:
            self.tally.lose(key, [rule])
        elif found in faults:
            # The first fault was not seen, or the second one was looked for before it.
            self.tally.unclear.append((key, (rule, "R14")))
        else:
            other = RULE_OF_REASON.get(str(found), "R14")
            self.tally.unclear.append((key, (other, rule, "R14")))

    def _count_orders(self, differences: list[Difference], unasked: dict[Key, str]) -> None:
        cells: dict[str, dict[str, Difference]] = {}
        for difference in differences:
            order_id, column, missing = parse_place(difference)
            if order_id not in self._expected.clean:
                continue
            if missing:
                placed = self._expected.clean[order_id].placed
                reason = unasked.get((placed.file, str(placed.line)))
                self._count_missing(order_id, placed, reason)
            elif column:
                cells.setdefault(order_id, {})[column] = difference
        for order_id, columns in cells.items():
            self._count_cells(order_id, columns, unasked)

    def _count_missing(self, order_id: str, placed: Placed, reason: str | None) -> None:
        """Charges an order that is not there: rejected, or lost among others."""
        rule = RULE_OF_REASON.get(reason or "", "R15" if reason is None else "R14")
        columns = _COLUMNS_OF_REASON.get(reason or "", ())
        dressed = [one.rule for one in self._dressings(placed) if not columns or one.column in columns]
        if rule != "R15" and rule in self._rules and reason != "no_fx_rate":
            dressed = []
        self.tally.unclear.append((("order", order_id), (*dressed, rule)))

    def _count_cells(self, order_id: str, columns: dict[str, Difference], unasked: dict[Key, str]) -> None:
        versions = [self._expected.clean[order_id].placed, *self._older.get(order_id, ())]
        times = [one.row.version.exported_at.isoformat() + "Z" for one in versions[1:]]
        exported = columns.get("exported_at")
        reason = unasked.get((versions[0].file, str(versions[0].line)))
        if reason is not None:
            # The right version was rejected.
            self._count_missing(order_id, versions[0], reason)
        elif exported is not None and exported.observed in times:
            # Another version won: it is the later one to a submission that misreads times.
            dressed = [found for one in versions for found in self._dressings(one)]
            rules_of_times = [found.rule for found in dressed if found.column == "exported_at"]
            self.tally.unclear.append((("order", order_id), (*rules_of_times, "R15")))
        else:
            self.tally.lose(("order", order_id), self._rules_of_cells(order_id, columns))

    def _rules_of_cells(self, order_id: str, columns: dict[str, Difference]) -> set[str]:
        rules = {self._rule_of_cell(order_id, column) for column in columns if column != "net_revenue_usd"}
        revenue = columns.get("net_revenue_usd")
        # The revenue follows from the other cells.
        if revenue is not None and not _FACTORS & columns.keys():
            rules.add(self._rule_of_revenue(order_id, revenue))
        return rules

    def _rule_of_cell(self, order_id: str, column: str) -> str:
        dressings = self._dressings(self._expected.clean[order_id].placed)
        return next((one.rule for one in dressings if one.column == column), RULE_OF_COLUMN[column])

    def _rule_of_revenue(self, order_id: str, difference: Difference) -> str:
        currency = self._expected.clean[order_id].placed.row.version.currency
        try:
            wanted = Decimal(str(difference.expected))
            off = abs(wanted - Decimal(str(difference.observed)))
            # A cent, or as much as binary fractions lose.
            rounded = off.is_finite() and off <= max(Decimal("0.01"), abs(wanted) * Decimal("1e-9"))
        except InvalidOperation:
            rounded = False
        return "R16" if rounded or currency == "USD" or "R13" not in self._rules else "R13"
