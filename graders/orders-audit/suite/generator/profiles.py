"""What each kind of data set is like. A profile says how much of everything; `rules` says which rules it exercises at all."""

from dataclasses import dataclass, replace

from generator.model import RULES
from generator.vocabulary import MESSY, PUNCTUATED, SAMPLE, UNICODE, Vocabulary, restricted


@dataclass(frozen=True)
class Profile:
    """Shares are of the rows (`faulty`, `superseded`, `copied`) or of the cells (`dressed`)."""

    name: str
    words: Vocabulary
    dressed: float
    faulty: float
    superseded: float
    copied: float
    months: int
    products: int
    parts: tuple[int, int]
    line_breaks: bool = False
    huge: bool = False
    layout: str = "light"
    rules: frozenset[str] = frozenset(RULES)

    def only(self, rules: frozenset[str]) -> "Profile":
        unknown = rules - frozenset(RULES)
        if unknown:
            raise ValueError(f"no such rules: {sorted(unknown)}")
        return replace(self, rules=rules, words=restricted(self.words, rules))


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("sample", SAMPLE, 0.25, 0.08, 0.06, 0.04, months=7, products=14, parts=(2, 3)),
        Profile(
            "mess",
            MESSY,
            0.75,
            0.20,
            0.15,
            0.10,
            months=18,
            products=40,
            parts=(3, 5),
            line_breaks=True,
            huge=True,
        ),
        Profile("edge", SAMPLE, 0.3, 0.08, 0.05, 0.05, months=1, products=8, parts=(2, 4)),
        Profile("vocabulary", UNICODE, 0.4, 0.08, 0.06, 0.04, months=9, products=25, parts=(2, 3)),
        Profile(
            "format",
            PUNCTUATED,
            0.5,
            0.12,
            0.08,
            0.05,
            months=5,
            products=12,
            parts=(4, 7),
            line_breaks=True,
            layout="wild",
        ),
        Profile("reasons", SAMPLE, 0.0, 0.0, 0.0, 0.0, months=3, products=10, parts=(2, 2)),
        Profile("large", SAMPLE, 0.2, 0.04, 0.03, 0.02, months=24, products=60, parts=(4, 6)),
    )
}
