"""A running service: `BASE_URL=http://127.0.0.1:8000 python3 -m pytest public_tests`."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

CUSTOMER: dict[str, Any] = {
    "signup_date": "2023-11-05",
    "plan": "standard",
    "region": "NA",
    "monthly_fee": 41.5,
    "tenure_months": 18,
    "days_since_last_login": 12,
    "support_tickets_90d": 2,
    "payment_method": "card",
    "autopay": False,
    "discount_pct": None,
    "usage_gb_30d": 120.25,
    "referral_source": "friend",
}


@pytest.fixture(scope="session")
def service() -> Iterator[httpx.Client]:
    base_url = os.environ.get("BASE_URL")
    if not base_url:
        pytest.skip("BASE_URL is not set")
    with httpx.Client(base_url=base_url, timeout=30) as client:
        deadline = time.monotonic() + 30
        while client.get("/readyz").status_code != 200:
            assert time.monotonic() < deadline, "it is not ready within 30 s"
            time.sleep(0.1)
        yield client


def predict(service: httpx.Client, *instances: dict[str, Any]) -> list[dict[str, Any]]:
    answer = service.post("/predict", json={"instances": list(instances)})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["predictions"]
    return found


def test_healthz(service: httpx.Client) -> None:
    assert service.get("/healthz").status_code == 200


def test_metadata(service: httpx.Client) -> None:
    metadata = service.get("/metadata").json()
    assert {one["name"] for one in metadata["features"]} == set(CUSTOMER)
    assert type(metadata["threshold"]) in (int, float)
    assert 0.5 < metadata["metrics"]["auc"] < 1


def test_predictions(service: httpx.Client) -> None:
    threshold = service.get("/metadata").json()["threshold"]
    other = {**CUSTOMER, "plan": "basic", "days_since_last_login": 200}
    found = predict(service, CUSTOMER, other)
    assert len(found) == 2
    for one in found:
        assert 0 <= one["probability"] <= 1
        assert one["label"] == int(one["probability"] >= threshold)


def test_id_is_echoed(service: httpx.Client) -> None:
    answer = service.post("/predict", json={"id": "r-1", "instances": []})
    assert answer.status_code == 200
    assert answer.json()["id"] == "r-1"
    assert answer.json()["predictions"] == []


def test_alone_and_in_a_batch(service: httpx.Client) -> None:
    other = {**CUSTOMER, "monthly_fee": 150}
    (alone,) = predict(service, CUSTOMER)
    batch = predict(service, other, CUSTOMER, other)
    assert batch[1]["probability"] == pytest.approx(alone["probability"], abs=1e-6)


def test_an_unseen_category_is_scored(service: httpx.Client) -> None:
    assert len(predict(service, {**CUSTOMER, "plan": "lifetime"})) == 1


@pytest.mark.parametrize(
    "wrong", [{"monthly_fee": "41.5"}, {"autopay": 1}, {"signup_date": "2023-02-30"}, {"plan": None}]
)
def test_an_invalid_row_is_named(service: httpx.Client, wrong: dict[str, Any]) -> None:
    instances = [CUSTOMER] * 40
    instances[37] = {**CUSTOMER, **wrong}
    answer = service.post("/predict", json={"instances": instances})
    assert answer.status_code in (400, 422)
    assert re.search(r"(?<!\d)37(?!\d)", answer.text)
