"""The `reasons` data sets: plainly spelled rows that are wrong beyond doubt, each in several ways, and nothing else.

They tell the order of the reasons (R14) from the rules that decide whether a value is wrong.
"""

from generator.model import REASONS, Fault
from generator.plants import newest_is_bad
from generator.truth import Orders

_OBVIOUS = {
    "unparsable": Fault("unparsable", "", "long"),
    "bad_timestamp": Fault("bad_timestamp", "ordered_at", "yesterday"),
    "bad_quantity": Fault("bad_quantity", "quantity", "many"),
    "bad_price": Fault("bad_price", "unit_price", "free"),
    "bad_currency": Fault("bad_currency", "currency", "CHF"),
    "bad_discount": Fault("bad_discount", "discount_pct", "half"),
    "unknown_product": Fault("unknown_product", "product_id", "NO SUCH PRODUCT"),
}


def build(orders: Orders, count: int) -> None:
    rng = orders.rng
    for earlier, reason in enumerate(REASONS):
        for other in REASONS[earlier + 1 :]:
            version = orders.order()
            found = []
            for name in (reason, other):
                if name == "no_fx_rate":
                    version = orders.without_rate(version)
                elif name == "missing_field":
                    # A column that the other fault leaves alone.
                    column = "exported_at" if other != "bad_timestamp" else "unit_price"
                    found.append(Fault(name, column))
                else:
                    found.append(_OBVIOUS[name])
            rng.shuffle(found)
            orders.add(version, *found, trap="several-reasons")
    for _ in range(8):
        newest_is_bad(orders)
    while len(orders.rows) < count:
        orders.add(orders.order())
