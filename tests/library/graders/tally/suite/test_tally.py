"""The prober as a fixture."""

from takehome_suite.prober import Prober


def test_bumps_are_counted(prober: Prober) -> None:
    prober.expect(
        "counter",
        settings={"rounds": 6, "clients": 12, "steps": 2},
        operations={"create": "open", "read": "show", "add": "bump"},
    )
