"""Takes out what only matters to rounding: sets that do not exercise R16 have no value that is exactly half a unit."""

from generator.expected import Rates
from generator.faults import first_reason
from generator.model import MOST_CENTS, UNKNOWN, Version
from generator.truth import Orders

_CENT = 10**10
_TRIES = 50


def without_halves(orders: Orders) -> None:
    rates = Rates(orders.world)
    for row in orders.rows:
        # Copies share their version, so they change together.
        for _ in range(_TRIES):
            if not _is_half(row.version, rates):
                break
            row.version.price_cents += 1 if row.version.price_cents < MOST_CENTS else -1
    for region, (size, returned) in _counted(orders, rates).items():
        while (returned * 20_000) % size == 0 and (returned * 20_000 // size) % 2:
            orders.add(orders.simple(region=None if region == UNKNOWN else region))
            size += 1


def _is_half(version: Version, rates: Rates) -> bool:
    rate = rates.of(version.currency, version.ordered_at)
    if rate is None:
        return False
    units = version.quantity * version.price_cents * (10_000 - version.discount) * rate
    return abs(units) % _CENT == _CENT // 2


def _counted(orders: Orders, rates: Rates) -> dict[str, tuple[int, int]]:
    """Orders and returned ones by region, of the rows that count."""
    latest: dict[str, Version] = {}
    for row in orders.rows:
        version = row.version
        if first_reason(row.faults) or rates.of(version.currency, version.ordered_at) is None:
            continue
        known = latest.get(version.order_id)
        if known is None or known.exported_at < version.exported_at:
            latest[version.order_id] = version
    counts: dict[str, tuple[int, int]] = {}
    for version in latest.values():
        region = version.region or UNKNOWN
        size, returned = counts.get(region, (0, 0))
        counts[region] = (size + 1, returned + (version.quantity < 0))
    return counts
