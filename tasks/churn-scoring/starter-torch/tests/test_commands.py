"""The commands, on customers of its own: `RUN_SH=$PWD/run.sh python3 -m pytest tests`."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest

RUN_SH = os.environ.get("RUN_SH")
pytestmark = pytest.mark.skipif(not RUN_SH, reason="RUN_SH is not set: the brief asks for a skip then")

FEATURES = (
    "signup_date,plan,region,monthly_fee,tenure_months,days_since_last_login,support_tickets_90d,payment_method,autopay,"
    "discount_pct,usage_gb_30d,referral_source"
)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    assert RUN_SH
    script = Path(RUN_SH).resolve()
    return subprocess.run(
        ["sh", str(script), *map(str, arguments)],
        cwd=script.parent,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=300,
        check=False,
    )


def customers(count: int) -> list[str]:
    """Customers who leave when they have not been there for long."""
    rng = random.Random(1)
    rows = []
    for number in range(count):
        days = rng.randrange(200)
        plan, region = rng.choice(("basic", "premium")), rng.choice(("EU", "NA", ""))
        churned = int(rng.random() < days / 200)
        code = "price" if churned else ""
        rows.append(
            f"{number:05},2023-04-01,{plan},{region},20.5,12,{days},1,card,true,,{rng.randrange(90)},ad,{code},{churned}"
        )
    return rows


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("training")
    table = "\n".join((f"customer_id,{FEATURES},closure_code,churned", *customers(600)))
    (place / "train.csv").write_text(table + "\n", encoding="utf-8")
    ended = run("train", "--data", place / "train.csv", "--out", place / "model", "--seed", "7")
    assert ended.returncode == 0, ended.stderr
    return place / "model"


def test_one_line_for_each_row(model: Path, tmp_path: Path) -> None:
    rows = [
        "007,2023-04-01,basic,NA,20.5,12,3,1,card,true,,5,ad",
        "007,2023-04-01,basic,,20.5,12,190,1,card,true,,5,ad",
    ]
    (tmp_path / "rows.csv").write_text("\n".join((f"customer_id,{FEATURES}", *rows)) + "\n", encoding="utf-8")
    output = tmp_path / "preds.csv"
    ended = run("predict", "--model", model, "--input", tmp_path / "rows.csv", "--output", output)
    assert ended.returncode == 0, ended.stderr
    header, *lines = output.read_text(encoding="utf-8").splitlines()
    assert header == "customer_id,probability,label"
    assert [line.split(",")[0] for line in lines] == ["007", "007"]
