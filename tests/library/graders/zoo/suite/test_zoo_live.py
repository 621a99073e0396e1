"""What the zoo's services are asked. A walker must not find this canary: 5b1f-hidden-canary-c09e."""

import json
import urllib.request

from takehome_suite.run import Run


def test_both_instances_answer(run: Run) -> None:
    """Each instance answers on its own port."""
    for base_url in run.base_urls:
        with urllib.request.urlopen(f"{base_url}/healthz", timeout=5) as answer:
            assert answer.status == 200, "the service should answer 200"


def test_the_submission_reports_nothing_it_should_not_have(run: Run) -> None:
    """A submission that tries things answers with what worked; a plain one with nothing."""
    with urllib.request.urlopen(f"{run.base_urls[0]}/report", timeout=35) as answer:
        report = json.load(answer)
    assert report["worked"] == [], f"nothing should have worked, but: {report['worked'][:5]}"
    assert report["tried"] >= 1, "it should have tried something"
