"""Customers of the tests' own, the commands, and the service."""

from __future__ import annotations

import csv
import os
import random
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

FEATURES = (
    "signup_date",
    "plan",
    "region",
    "monthly_fee",
    "tenure_months",
    "days_since_last_login",
    "support_tickets_90d",
    "payment_method",
    "autopay",
    "discount_pct",
    "usage_gb_30d",
    "referral_source",
)
NULLABLE = ("region", "discount_pct", "usage_gb_30d", "referral_source")
Customer = dict[str, Any]


def customers(count: int, seed: int = 1) -> list[Customer]:
    """Customers whose risk grows with the days since the last login, and is lower in the region NA."""
    rng = random.Random(seed)
    found = []
    for number in range(count):
        days, region = rng.randrange(120), rng.choice(("EU", "NA", "APAC", None))
        risk = days / 140 * (0.3 if region == "NA" else 1.0)
        churned = int(rng.random() < risk)
        found.append(
            {
                "customer_id": f"{number:06}",
                "signup_date": f"20{rng.randrange(18, 25)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}",
                "plan": rng.choice(("basic", "standard", "premium")),
                "region": region,
                "monthly_fee": round(rng.uniform(10, 90), 2),
                "tenure_months": rng.randrange(60),
                "days_since_last_login": days,
                "support_tickets_90d": rng.randrange(5),
                "payment_method": rng.choice(("card", "invoice")),
                "autopay": rng.random() < 0.5,
                "discount_pct": rng.choice((None, 10.0, 25.5)),
                "usage_gb_30d": None if rng.random() < 0.1 else round(rng.uniform(0, 500), 2),
                "referral_source": rng.choice((None, "friend", "ad")),
                "closure_code": "price" if churned else None,
                "churned": churned,
            }
        )
    return found


def cell(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def write(path: Path, rows: Sequence[Customer], names: Sequence[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([cell(row.get(name)) for name in names] for row in rows)
    return path


class Commands:
    """Runs `run.sh`."""

    def __init__(self, script: Path, place: Path) -> None:
        self._script = script
        self.place = place

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", str(self._script), *map(str, arguments)],
            cwd=self._script.parent,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=300,
            check=False,
        )

    def train(self, name: str, rows: Sequence[Customer], seed: int = 7) -> Path:
        data = write(self.place / f"{name}.csv", rows, ("customer_id", *FEATURES, "closure_code", "churned"))
        ended = self.run("train", "--data", data, "--out", self.place / name, "--seed", str(seed))
        assert ended.returncode == 0, ended.stderr
        return self.place / name

    def predict(self, model: Path, rows: Path, output: Path) -> list[list[str]]:
        ended = self.run("predict", "--model", model, "--input", rows, "--output", output)
        assert ended.returncode == 0, ended.stderr
        with output.open(encoding="utf-8", newline="") as file:
            header, *lines = csv.reader(file)
        assert header == ["customer_id", "probability", "label"]
        return lines


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Commands:
    script = os.environ.get("RUN_SH")
    if not script:
        pytest.skip("RUN_SH is not set")
    return Commands(Path(script).resolve(), tmp_path_factory.mktemp("work"))


@pytest.fixture(scope="session")
def model(commands: Commands) -> Path:
    return commands.train("model", customers(1500))


@pytest.fixture(scope="session")
def service() -> Iterator[httpx.Client]:
    base_url = os.environ.get("BASE_URL")
    if not base_url:
        pytest.skip("BASE_URL is not set")
    with httpx.Client(base_url=base_url, timeout=60) as client:
        yield client


def instance(**other: Any) -> Customer:
    """A customer as a request has it."""
    first = customers(1)[0]
    return {**{name: first[name] for name in FEATURES}, **other}
