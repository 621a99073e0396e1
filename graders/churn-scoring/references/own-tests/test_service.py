"""`BASE_URL=http://… python3 -m pytest tests`."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import httpx
import pytest
from conftest import FEATURES, NULLABLE, Customer, customers, instance

TOLERANCE = 1e-6


def ask(service: httpx.Client, instances: list[Customer]) -> list[float]:
    answer = service.post("/predict", json={"instances": instances})
    assert answer.status_code == 200, answer.text
    predictions = answer.json()["predictions"]
    assert len(predictions) == len(instances)
    return [one["probability"] for one in predictions]


def batch(count: int, seed: int = 5) -> list[Customer]:
    return [{name: one[name] for name in FEATURES} for one in customers(count, seed)]


def test_it_is_up_and_ready(service: httpx.Client) -> None:
    assert service.get("/healthz").status_code == 200
    assert service.get("/readyz").status_code == 200


def test_metadata(service: httpx.Client) -> None:
    metadata = service.get("/metadata").json()
    assert datetime.fromisoformat(metadata["trained_at"]).tzinfo is not None
    found = {one["name"]: one for one in metadata["features"]}
    assert set(found) == set(FEATURES)
    for name, one in found.items():
        assert one["nullable"] is (name in NULLABLE)
        assert one["required"] is (name not in NULLABLE)
    assert found["autopay"]["type"] == "boolean"
    assert found["tenure_months"]["type"] == "integer"
    assert 0 < metadata["metrics"]["auc"] < 1


@pytest.mark.parametrize("count", [0, 1, 300])
def test_answers(service: httpx.Client, count: int) -> None:
    metadata = service.get("/metadata").json()
    answer = service.post("/predict", json={"id": "x" * 200, "instances": batch(count)}).json()
    assert answer["id"] == "x" * 200
    assert answer["model_version"] == metadata["version"]
    assert len(answer["predictions"]) == count
    for one in answer["predictions"]:
        assert 0 <= one["probability"] <= 1
        assert type(one["label"]) is int
        if abs(one["probability"] - metadata["threshold"]) > TOLERANCE:
            assert one["label"] == (one["probability"] >= metadata["threshold"])


def test_alone_and_together(service: httpx.Client) -> None:
    rows = batch(60)
    together = ask(service, rows)
    assert [ask(service, [one])[0] for one in rows[:15]] == pytest.approx(together[:15], abs=TOLERANCE)
    assert ask(service, rows[::-1]) == pytest.approx(together[::-1], abs=TOLERANCE)


def test_order_of_fields_and_other_fields(service: httpx.Client) -> None:
    rows = batch(40)
    plain = ask(service, rows)
    turned = [dict(reversed(list(one.items()))) for one in rows]
    more = [{"customer_id": "1", "closure_code": "price", "churned": 1, "note": [1], **one} for one in turned]
    assert ask(service, more) == pytest.approx(plain, abs=TOLERANCE)


def test_null_and_missing(service: httpx.Client) -> None:
    rows = [{**one, **dict.fromkeys(NULLABLE)} for one in batch(20)]
    without = [{name: value for name, value in one.items() if value is not None} for one in rows]
    assert ask(service, without) == pytest.approx(ask(service, rows), abs=TOLERANCE)


def test_whole_numbers(service: httpx.Client) -> None:
    rows = batch(20)
    as_float = [{**one, "tenure_months": float(one["tenure_months"])} for one in rows]
    assert ask(service, as_float) == pytest.approx(ask(service, rows), abs=TOLERANCE)


def test_unseen_categories(service: httpx.Client) -> None:
    assert 0 <= ask(service, [instance(plan="lunar", region="\u6708", referral_source="x" * 500)])[0] <= 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"monthly_fee": "5"},
        {"monthly_fee": True},
        {"usage_gb_30d": "12"},
        {"tenure_months": 5.5},
        {"autopay": 1},
        {"autopay": "true"},
        {"plan": None},
        {"plan": 7},
        {"region": ["EU"]},
        {"signup_date": "2024-02-30"},
        {"signup_date": 20240101},
    ],
    ids=str,
)
def test_invalid_rows(service: httpx.Client, wrong: dict[str, Any]) -> None:
    rows = batch(60)
    rows[47] = {**rows[47], **wrong}
    answer = service.post("/predict", json={"instances": rows})
    assert answer.status_code in (400, 422)
    assert "predictions" not in answer.json()
    assert re.search(r"(?<![0-9])47(?![0-9])", answer.text)


@pytest.mark.parametrize("name", [name for name in FEATURES if name not in NULLABLE])
def test_required_fields(service: httpx.Client, name: str) -> None:
    row = instance()
    del row[name]
    assert service.post("/predict", json={"instances": [row]}).status_code in (400, 422)


@pytest.mark.parametrize("literal", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_literals(service: httpx.Client, literal: bytes) -> None:
    row = httpx.Request("POST", "http://x", json={"instances": [instance(monthly_fee=12345)]}).read()
    answer = service.post(
        "/predict", content=row.replace(b"12345", literal), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (400, 422)
    assert len(ask(service, [instance()])) == 1


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{}", b'{"instances": {}}', b'{"instances": [1]}', b'{"inst']
)
def test_no_requests(service: httpx.Client, body: bytes) -> None:
    answer = service.post("/predict", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert isinstance(answer.json(), dict)


@pytest.mark.parametrize("name", [5, "", "x" * 201, ["a"], True])
def test_no_ids(service: httpx.Client, name: Any) -> None:
    assert service.post("/predict", json={"id": name, "instances": [instance()]}).status_code in (400, 422)


def test_limits(service: httpx.Client) -> None:
    assert len(ask(service, [instance()] * 5000)) == 5000
    assert service.post("/predict", json={"instances": [instance()] * 5001}).status_code in (400, 413, 422)


def test_many_at_once(service: httpx.Client) -> None:
    batches = [batch(30, seed) for seed in range(16)]
    expected = [ask(service, one) for one in batches]
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda one: ask(service, one), batches))
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, abs=TOLERANCE)
