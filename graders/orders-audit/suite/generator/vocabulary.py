"""The words of a data set. Letters here have a case mapping that is one to one; names hold none of `|*_\\` and backquote."""

from dataclasses import dataclass, replace
from random import Random


@dataclass(frozen=True)
class Vocabulary:
    regions: tuple[str, ...]
    countries: tuple[str, ...]
    product_words: tuple[tuple[str, ...], tuple[str, ...]]
    categories: tuple[str, ...]
    order_style: str
    customer_style: str
    product_style: str


def restricted(words: Vocabulary, rules: frozenset[str]) -> Vocabulary:
    """The words without what only matters to a rule that is not exercised."""
    if "R4" not in rules:
        # No ids that look like numbers.
        quoted = words.order_style == "punctuated" and "R1" in rules
        words = replace(
            words,
            order_style=words.order_style if quoted else "prefixed",
            customer_style="prefixed",
            product_style="letters",
        )
    if "R5" not in rules:
        # No regions that `str.title` would spell in another way.
        plain = tuple(region for region in words.regions if region == region.title())
        words = replace(words, regions=plain)
    if "R3" not in rules:
        words = replace(words, regions=tuple(region for region in words.regions if region != "Unknown"))
    return words


def order_id(style: str, number: int) -> str:
    return _ORDER_STYLES[style].format(number=number, digit=number % 10)


def customer_id(style: str, number: int) -> str:
    return _CUSTOMER_STYLES[style].format(number=number)


def product_id(style: str, number: int) -> str:
    return _PRODUCT_STYLES[style].format(number=number, letter="ABCDEFGH"[number % 8])


# Digits with leading zeros, digits around an E that a parser of numbers takes for an exponent, and letters for the case.
_ORDER_STYLES = {
    "digits": "{number:07d}",
    "exponent": "{number:05d}E{digit}",
    "prefixed": "ORD-{number:06d}",
    "punctuated": 'O,{number:05d}"{digit}',
}
_CUSTOMER_STYLES = {"digits": "{number:06d}", "prefixed": "C-{number:05d}", "exponent": "{number:04d}E1"}
_PRODUCT_STYLES = {
    "letters": "P{letter}-{number:03d}",
    "digits": "{number:05d}",
    "exponent": "00{number:02d}E2",
}

_NOUNS = ("Kettle", "Lamp", "Chair", "Scale", "Speaker", "Bottle", "Blanket", "Clock", "Basket", "Mirror")
_ADJECTIVES = ("Copper", "Walnut", "Compact", "Folding", "Classic", "Soft", "Travel", "Studio")

SAMPLE = Vocabulary(
    regions=("North", "South", "East", "West", "North West", "Central Coast", "Mid-atlantic"),
    countries=("Germany", "France", "Netherlands", "United Kingdom", "United States", "Spain"),
    product_words=(_ADJECTIVES, _NOUNS),
    categories=("Kitchen", "Living", "Office"),
    order_style="digits",
    customer_style="prefixed",
    product_style="letters",
)

# NA is Namibia and NO is Norway: R3 is about the csv fields only.
MESSY = Vocabulary(
    regions=(
        "North",
        "South",
        "North West",
        "North-west",
        "Upper Lake District",
        "3rd Zone",
        "O'brien County",
        "East / Central",
        "St. John",
        # The name of the regions that are null: they are one region.
        "Unknown",
    ),
    countries=("DE", "FR", "NA", "NO", "GB", "US", "nl"),
    product_words=(_ADJECTIVES, _NOUNS),
    categories=("A", "B", "C", "D"),
    order_style="prefixed",
    customer_style="digits",
    product_style="letters",
)

UNICODE = Vocabulary(
    regions=(
        "Île De France",
        "Østlandet",
        "Ålesund Øst",
        "Малая Зона",
        "Ζωνη Δυο",
        "Łódź",
        "Zürich Nord",
        "東京",
        "🌊 Coast",
        "Ñuble",
        "Azul-é",
        "Žďár",
    ),
    countries=(
        "Österreich",
        "Česko",
        "España",
        "日本",
        "Ελλάδα",
        "Zambia",
        "Åland",
        "Côte d'Ivoire",
        "🏝 Isle",
    ),
    product_words=(("Große", "Petit", "Żółty", "Синий", "Smart"), ("Tür", "Crème", "Łódka", "Стол", "茶")),
    categories=("Möbel", "Épicerie", "その他"),
    order_style="exponent",
    customer_style="exponent",
    product_style="digits",
)

PUNCTUATED = Vocabulary(
    regions=(
        'The "big" North',
        "South, Lower",
        "East; West",
        "=sum(a1:a2)",
        "@home",
        "+plus Side",
        "-minus Side",
        "'quoted'",
        '"',
        'Zone "1"',
        'Area 5", Left',
        "Plain",
    ),
    countries=("Korea, South", 'The "Low" Countries', "=1+1", "Plain Land", "Côte d'Ivoire"),
    product_words=(('12"', "A, B", "C;D"), ("Pipe", 'He said "no"', "Set, large")),
    categories=("Tools, heavy", 'Misc "other"'),
    order_style="punctuated",
    customer_style="prefixed",
    product_style="exponent",
)

CUSTOMER_NAMES = (
    ("Ada", "Ben", "Chloé", "Dana", "Emil", "Farah", "Gus", "Hana", "Iris", "José"),
    ("Archer", "Baker", "Cole", "Díaz", "Evans", "Fischer", "Grant", "Huang", "Novák", "Okafor"),
)
SEGMENTS = ("consumer", "business", "public")


def customer_name(rng: Random) -> str:
    return f"{rng.choice(CUSTOMER_NAMES[0])} {rng.choice(CUSTOMER_NAMES[1])}"


def product_name(words: Vocabulary, rng: Random) -> str:
    return f"{rng.choice(words.product_words[0])} {rng.choice(words.product_words[1])}"
