"""Reference data: customers with their addresses, products, and exchange rates with gaps on weekends and holidays."""

from datetime import date, timedelta
from random import Random

from generator.model import RATE_UNIT, Address, Customer, Product, Rate, World
from generator.profiles import Profile
from generator.vocabulary import SEGMENTS, customer_id, customer_name, product_id, product_name

# EUR is quoted before the first order, GBP only after some weeks; the table also holds a currency that no order may have.
_FIRST_QUOTES = {"EUR": -12, "GBP": 24, "JPY": -12}
_LEVELS = {"EUR": 1_083_400, "GBP": 1_264_150, "JPY": 6_712}


def build_world(profile: Profile, rng: Random, start: date, days: int, customers: int) -> World:
    known = _customers(profile, rng, customers)
    return World(
        customers=known,
        addresses=_addresses(profile, rng, known),
        products=_products(profile, rng),
        rates=_rates(profile, rng, start, days),
    )


def any_case(text: str, rng: Random) -> str:
    """The text with the case of its letters at random."""
    return "".join(letter.lower() if rng.random() < 0.5 else letter.upper() for letter in text)


def _customers(profile: Profile, rng: Random, count: int) -> tuple[Customer, ...]:
    found = []
    for number in range(1, count + 1):
        name = customer_id(profile.words.customer_style, number)
        if "R12" in profile.rules and rng.random() < 0.2:
            name = any_case(name, rng)
        found.append(Customer(name, customer_name(rng), rng.choice(SEGMENTS)))
    return tuple(found)


def _addresses(profile: Profile, rng: Random, customers: tuple[Customer, ...]) -> tuple[Address, ...]:
    """At most one primary address each; the traps are several addresses, none, no primary one, and no country."""
    countries = profile.words.countries
    wanted: list[tuple[str, str | None, bool]] = []
    for customer in customers:
        if "Q4" not in profile.rules:
            wanted.append((customer.customer_id, rng.choice(countries), True))
            continue
        kind = rng.random()
        if kind < 0.12:
            continue
        if kind < 0.20:
            wanted.append((customer.customer_id, None, True))
        elif kind < 0.24:
            wanted.append((customer.customer_id, "", True))
        elif kind > 0.32:
            wanted.append((customer.customer_id, rng.choice(countries), True))
        others = rng.choice((0, 1, 2, 3)) if kind > 0.32 else rng.choice((1, 2))
        for _ in range(others):
            wanted.append((customer.customer_id, rng.choice(countries), False))
    rng.shuffle(wanted)
    numbers = rng.sample(range(1, 4 * len(wanted) + 2), len(wanted))
    return tuple(Address(number, *entry) for number, entry in zip(numbers, wanted, strict=True))


def _products(profile: Profile, rng: Random) -> tuple[Product, ...]:
    found = []
    for number in range(1, profile.products + 1):
        name = product_id(profile.words.product_style, number)
        if "R12" in profile.rules and rng.random() < 0.25:
            name = any_case(name, rng)
        category = rng.choice(profile.words.categories)
        found.append(Product(name, product_name(profile.words, rng), category))
    rng.shuffle(found)
    return tuple(found)


def _rates(profile: Profile, rng: Random, start: date, days: int) -> tuple[Rate, ...]:
    gaps = "R13" in profile.rules
    found = []
    for currency, level in _LEVELS.items():
        first = _FIRST_QUOTES[currency] if gaps else -400
        last = days - 20 if gaps else days + 60
        holiday = range(0)
        for offset in range(first, max(last, first + 3)):
            day = start + timedelta(days=offset)
            if gaps and offset > first and offset not in holiday and rng.random() < 0.03:
                holiday = range(offset, offset + rng.randint(1, 4))
            level = max(level + rng.randint(-level // 150, level // 150), 5)
            closed = day.weekday() >= 5 or offset in holiday
            if gaps and closed and offset != first:
                continue
            value = level if rng.random() < 0.5 else max(level // 100, 1) * 100
            found.append(Rate(day, currency, _rate_text(value, rng), value))
    rng.shuffle(found)
    return tuple(found)


def _rate_text(value: int, rng: Random) -> str:
    whole, places = divmod(value, RATE_UNIT)
    text = f"{whole}.{places:06d}"
    if rng.random() < 0.8:
        text = text.rstrip("0").rstrip(".")
    return text
