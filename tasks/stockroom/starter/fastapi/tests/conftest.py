"""Fixtures against a running service: `BASE_URL=http://127.0.0.1:8000 python3 -m pytest tests`."""

from __future__ import annotations

import os
from collections.abc import Iterator

import httpx
import pytest


@pytest.fixture(scope="session")
def api() -> Iterator[httpx.Client]:
    base_url = os.environ.get("BASE_URL")
    if not base_url:
        pytest.skip("BASE_URL is not set")
    with httpx.Client(base_url=base_url, timeout=10, trust_env=False) as client:
        yield client
