"""Each check of the rubric is one test: it looks at what the submission made of customers whose truth is known."""

import pytest
from bench import Bench
from checks import CHECKS, Check
from takehome_suite.outcome import fail

SHOWN = 5


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_check(bench: Bench, check: Check) -> None:
    differences = list(check.run(bench))
    if not differences:
        return
    first = differences[0]
    more = f" ({len(differences)} differences in all)" if len(differences) > 1 else ""
    fail(
        f"{first.what}{more}"[:500],
        expected=[f"{one.what}: {one.expected}" for one in differences[:SHOWN]],
        observed=[f"{one.what}: {one.observed}" for one in differences[:SHOWN]],
    )
