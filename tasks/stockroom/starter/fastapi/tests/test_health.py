from __future__ import annotations

import httpx


def test_health_needs_no_token(api: httpx.Client) -> None:
    answer = api.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
