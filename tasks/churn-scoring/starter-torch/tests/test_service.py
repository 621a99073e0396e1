"""A running service: `BASE_URL=http://127.0.0.1:8000 python3 -m pytest tests`."""

from __future__ import annotations

import os

import httpx
import pytest

BASE_URL = os.environ.get("BASE_URL", "")
pytestmark = pytest.mark.skipif(not BASE_URL, reason="BASE_URL is not set: the brief asks for a skip then")


def test_healthz() -> None:
    assert httpx.get(f"{BASE_URL}/healthz").status_code == 200


def test_no_instances() -> None:
    answer = httpx.post(f"{BASE_URL}/predict", json={"instances": []})
    assert answer.status_code == 200
    assert answer.json()["predictions"] == []
