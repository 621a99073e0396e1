"""The service: `BASE_URL=http://… python3 -m pytest tests`."""

from __future__ import annotations

import json
import os
import re
import threading
from datetime import datetime
from typing import Any

import pytest
import requests

BASE_URL = os.environ.get("BASE_URL", "").rstrip("/")
pytestmark = pytest.mark.skipif(not BASE_URL, reason="BASE_URL is not set")
CLOSE = 1e-6

ONE: dict[str, Any] = {
    "signup_date": "2021-02-28",
    "plan": "premium",
    "region": "NA",
    "monthly_fee": 71.25,
    "tenure_months": 40,
    "days_since_last_login": 9,
    "support_tickets_90d": 1,
    "payment_method": "card",
    "autopay": True,
    "discount_pct": 10,
    "usage_gb_30d": 200.5,
    "referral_source": "friend",
}
OPTIONAL = ("region", "discount_pct", "usage_gb_30d", "referral_source")


def some(count: int, step: int = 7) -> list[dict[str, Any]]:
    return [
        {
            **ONE,
            "days_since_last_login": step * n % 200,
            "monthly_fee": 15 + step * n % 90,
            "autopay": n % 3 == 0,
        }
        for n in range(count)
    ]


def post(body: Any) -> requests.Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return requests.post(f"{BASE_URL}/predict", raw, headers={"Content-Type": "application/json"}, timeout=60)


def scores(rows: list[dict[str, Any]]) -> list[float]:
    answer = post({"instances": rows})
    assert answer.status_code == 200, answer.text
    return [one["probability"] for one in answer.json()["predictions"]]


def metadata() -> dict[str, Any]:
    found: dict[str, Any] = requests.get(f"{BASE_URL}/metadata", timeout=10).json()
    return found


def test_health() -> None:
    for path in ("healthz", "readyz"):
        assert requests.get(f"{BASE_URL}/{path}", timeout=10).status_code == 200


def test_metadata() -> None:
    found = metadata()
    assert datetime.fromisoformat(found["trained_at"]).utcoffset() is not None
    assert isinstance(found["name"], str)
    assert 0 < found["metrics"]["auc"] < 1
    features = {one["name"]: one for one in found["features"]}
    assert len(found["features"]) == 12
    assert features.keys() == ONE.keys()
    assert {name for name, one in features.items() if one["nullable"] and not one["required"]} == set(
        OPTIONAL
    )
    assert [
        features[name]["type"] for name in ("signup_date", "plan", "monthly_fee", "tenure_months", "autopay")
    ] == [
        "date",
        "category",
        "number",
        "integer",
        "boolean",
    ]


@pytest.mark.parametrize("count", [0, 1, 2, 250, 5000])
def test_predictions(count: int) -> None:
    about = metadata()
    answer = post({"id": "call 1", "instances": some(count)})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["id"], body["model_version"]) == ("call 1", about["version"])
    assert len(body["predictions"]) == count
    for one in body["predictions"]:
        assert 0 <= one["probability"] <= 1
        assert one["label"] is not True
        assert one["label"] is not False
        if abs(one["probability"] - about["threshold"]) > CLOSE:
            assert one["label"] == int(one["probability"] > about["threshold"])


def test_batches() -> None:
    rows = some(70)
    whole = scores(rows)
    assert [scores([row])[0] for row in rows[:20]] == pytest.approx(whole[:20], abs=CLOSE)
    assert scores(rows[::-1])[::-1] == pytest.approx(whole, abs=CLOSE)
    assert scores(rows + [{**ONE, "monthly_fee": 200, "usage_gb_30d": 2000}] * 50)[:70] == pytest.approx(
        whole, abs=CLOSE
    )


def test_fields() -> None:
    rows = some(30)
    whole = scores(rows)
    assert scores([{name: row[name] for name in sorted(row, reverse=True)} for row in rows]) == pytest.approx(
        whole, abs=CLOSE
    )
    assert scores(
        [{**row, "closure_code": "price", "churned": "1", "customer_id": 3, "more": {}} for row in rows]
    ) == (pytest.approx(whole, abs=CLOSE))
    assert scores([{**row, "tenure_months": 40.0} for row in rows]) == pytest.approx(whole, abs=CLOSE)


@pytest.mark.parametrize("name", OPTIONAL)
def test_null(name: str) -> None:
    rows = some(10)
    missing = [{key: value for key, value in row.items() if key != name} for row in rows]
    assert scores([{**row, name: None} for row in rows]) == pytest.approx(scores(missing), abs=CLOSE)


def test_new_categories() -> None:
    found = scores(
        [{**ONE, "plan": "trial"}, {**ONE, "region": "\u6d77"}, {**ONE, "payment_method": "coins"}]
    )
    assert all(0 <= score <= 1 for score in found)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("monthly_fee", '"71"'),
        ("monthly_fee", "true"),
        ("monthly_fee", "null"),
        ("monthly_fee", "NaN"),
        ("usage_gb_30d", "Infinity"),
        ("tenure_months", "0.5"),
        ("autopay", "1"),
        ("autopay", '"false"'),
        ("plan", "1"),
        ("signup_date", '"2021-02-29"'),
        ("signup_date", "null"),
        ("region", "{}"),
    ],
)
def test_refused_rows(name: str, text: str) -> None:
    rows = [json.dumps(ONE)] * 90
    rows[83] = re.sub(rf'"{name}": [^,}}]+', f'"{name}": {text}', rows[83])
    answer = post(f'{{"instances": [{", ".join(rows)}]}}'.encode())
    assert answer.status_code in (400, 422)
    assert "predictions" not in answer.json()
    if text not in ("NaN", "Infinity"):
        assert re.search(r"(?<![0-9])83(?![0-9])", answer.text)


@pytest.mark.parametrize("name", [name for name in ONE if name not in OPTIONAL])
def test_needed_fields(name: str) -> None:
    row = {key: value for key, value in ONE.items() if key != name}
    assert post({"instances": [ONE, row]}).status_code in (400, 422)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        [],
        {},
        {"instances": None},
        {"instances": ONE},
        {"instances": [3]},
        {"id": 3, "instances": []},
        {"id": "", "instances": []},
        {"id": "x" * 201, "instances": []},
    ],
    ids=lambda body: str(body)[:30],
)
def test_refused_bodies(body: Any) -> None:
    assert post(body).status_code in (400, 422)
    assert len(scores([ONE])) == 1


def test_too_many() -> None:
    assert post({"instances": some(5001)}).status_code in (400, 413, 422)


def test_callers_at_once() -> None:
    jobs = [some(25, step) for step in range(1, 17)]
    expected = [scores(job) for job in jobs]
    found: dict[int, list[float]] = {}
    threads = [
        threading.Thread(target=lambda n=n: found.__setitem__(n, scores(jobs[n]))) for n in range(len(jobs))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, one in enumerate(expected):
        assert found[number] == pytest.approx(one, abs=CLOSE)
