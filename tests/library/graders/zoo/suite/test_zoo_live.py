"""What the zoo's services are asked. A walker must not find this canary: 5b1f-hidden-canary-c09e."""

import time

from takehome_suite.outcome import expect, expect_equal, expect_status
from takehome_suite.plugin import Clients

PATIENCE_SECONDS = 35


def test_both_instances_answer(clients: Clients) -> None:
    """Each instance answers on its own port."""
    for replica in (0, 1):
        expect_status(clients.replica(replica).request("GET", "/healthz"), 200, "GET /healthz")


def test_the_submission_reports_nothing_it_should_not_have(clients: Clients) -> None:
    """A submission that tries things answers with what worked, 202 until it knows; a plain one with nothing."""
    begin = time.monotonic()
    while (answer := clients.replica(0).request("GET", "/report")).status == 202:
        expect(time.monotonic() - begin < PATIENCE_SECONDS, "The report should be there within 35 s.")
        time.sleep(0.1)
    expect_status(answer, 200, "GET /report")
    report = answer.object()
    expect_equal(report["worked"], [], "What worked of what the submission tried")
    expect(report["tried"] >= 1, "The submission should have tried something.", observed=report)
