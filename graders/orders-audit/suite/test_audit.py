"""Each check of the rubric is one test: it looks at what the submission made of data sets whose truth is known."""

import pytest
from checks import IN_TURN, Bench, Check
from exhibits import wrong_cells
from shared_work import SharedWork
from takehome_suite.exhibits import Exhibits
from takehome_suite.outcome import fail, require

SHOWN = 3
# These compare runs with each other, or look at runs that must fail: they tell something only of what works at all.
OF_WHAT_WORKS = {
    "rerun",
    "environment",
    "atomic",
    "scaling",
    "unusable-parts",
    "unusable-header",
    "unusable-reference",
    "unusable-untouched",
}


@pytest.mark.parametrize("check", IN_TURN, ids=[check.id for check in IN_TURN])
def test_check(bench: Bench, work: SharedWork, check: Check, exhibits: Exhibits) -> None:
    if check.id in OF_WHAT_WORKS:
        plain = bench.result("sample", [])
        works = plain.ended.status == 0 and (plain.output / "answers.json").is_file()
        require(works, "the run on a plain data set does not succeed", observed=plain.ended.stderr[-300:])
    found = work.of(check)
    if not found:
        return
    exhibits.show(lambda: wrong_cells(found))
    differences = [difference for difference, _ in found]
    bench.failed.add(check.id)
    bench.failed_rules.update(check.rules)
    first = differences[0]
    more = f" ({len(differences)} differences in all)" if len(differences) > 1 else ""
    fail(
        f"{first}{more}"[:500],
        expected=[f"{one.output}, {one.place}: {one.expected}" for one in differences[:SHOWN]],
        observed=[f"{one.output}, {one.place}: {one.observed}" for one in differences[:SHOWN]],
    )
