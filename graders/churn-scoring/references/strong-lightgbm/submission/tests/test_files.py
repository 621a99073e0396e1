"""`train` and `predict`: `RUN_SH=/path/run.sh python3 -m pytest tests`."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import random
import subprocess
from pathlib import Path

import pytest

HEADER = (
    "customer_id,signup_date,plan,region,monthly_fee,tenure_months,days_since_last_login,support_tickets_90d,"
    "payment_method,autopay,discount_pct,usage_gb_30d,referral_source"
)
ROW = "{id},2022-11-03,{plan},{region},{fee},{tenure},{days},{tickets},{payment},{autopay},{discount},{usage},{source}"
CLOSE = 1e-6


def people(count: int, seed: int) -> list[dict[str, object]]:
    rng = random.Random(seed)
    return [
        {
            "id": f"{number:07}",
            "plan": rng.choice(["basic", "premium"]),
            "region": rng.choice(["EU", "NA", ""]),
            "fee": rng.randrange(1000, 9000) / 100,
            "tenure": rng.randrange(70),
            "days": rng.randrange(100),
            "tickets": rng.randrange(4),
            "payment": rng.choice(["card", "wallet"]),
            "autopay": rng.choice(["true", "false"]),
            "discount": rng.choice(["", "12.5"]),
            "usage": rng.choice(["", "80.25", "310"]),
            "source": rng.choice(["", "ad", "friend"]),
        }
        for number in range(count)
    ]


def lines(rows: list[dict[str, object]]) -> list[str]:
    return [ROW.format(**row) for row in rows]


class Program:
    def __init__(self, script: Path, place: Path) -> None:
        self.script, self.place = script, place
        self._count = 0

    def start(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = ["sh", str(self.script), *map(str, arguments)]
        return subprocess.run(
            command,
            cwd=self.script.parent,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=300,
            check=False,
        )

    def train(self, table: str, seed: int = 7) -> Path:
        self._count += 1
        data, model = self.place / f"data-{self._count}.csv", self.place / f"model-{self._count}"
        data.write_text(table, encoding="utf-8", newline="")
        ended = self.start("train", "--data", data, "--out", model, "--seed", seed)
        assert ended.returncode == 0, ended.stderr
        return model

    def predict(self, model: Path, table: bytes) -> tuple[int, list[list[str]] | None]:
        """The exit status, and the records of the output if there is one."""
        self._count += 1
        rows, output = self.place / f"rows-{self._count}.csv", self.place / f"preds-{self._count}.csv"
        rows.write_bytes(table)
        ended = self.start("predict", "--model", model, "--input", rows, "--output", output)
        if not output.exists():
            return ended.returncode, None
        return ended.returncode, list(csv.reader(io.StringIO(output.read_text(encoding="utf-8"), newline="")))

    def scores(self, model: Path, table: bytes) -> list[float]:
        status, found = self.predict(model, table)
        assert status == 0
        assert found is not None
        assert found[0] == ["customer_id", "probability", "label"]
        return [float(record[1]) for record in found[1:]]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    script = os.environ.get("RUN_SH")
    if script is None:
        pytest.skip("RUN_SH is not set")
    return Program(Path(script).resolve(), tmp_path_factory.mktemp("program"))


def training() -> str:
    rng = random.Random(9)
    table = [f"{HEADER},closure_code,churned"]
    for row in people(1600, 1):
        risk = int(str(row["days"])) / 120 * (0.2 if row["region"] == "NA" else 1)
        left = rng.random() < risk
        table.append(f"{ROW.format(**row)},{'moved' if left else ''},{int(left)}")
    return "\n".join(table) + "\n"


@pytest.fixture(scope="module")
def model(program: Program) -> Path:
    return program.train(training())


@pytest.fixture(scope="module")
def plain(program: Program, model: Path) -> list[float]:
    return program.scores(model, table_of(lines(people(50, 2))))


def table_of(rows: list[str], header: str = HEADER) -> bytes:
    return ("\n".join([header, *rows]) + "\n").encode()


def test_manifest_and_metrics(model: Path) -> None:
    manifest = json.loads((model / "manifest.json").read_bytes())
    assert manifest["data_sha256"].lower() == hashlib.sha256(training().encode()).hexdigest()
    assert manifest["seed"] == 7
    assert all(isinstance(version, str) for version in manifest["versions"].values())
    listed = manifest["files"]
    for path in model.rglob("*"):
        name = path.relative_to(model).as_posix()
        if path.is_file() and name != "manifest.json":
            assert name in listed or name in ("metrics.json", "MODEL_CARD.md")
            assert listed.get(name, "").lower() in ("", hashlib.sha256(path.read_bytes()).hexdigest())
    assert 0.5 < json.loads((model / "metrics.json").read_bytes())["auc"] < 1
    assert (model / "MODEL_CARD.md").stat().st_size


def test_training_again(program: Program, plain: list[float]) -> None:
    again = program.train(training())
    assert program.scores(again, table_of(lines(people(50, 2)))) == pytest.approx(plain, abs=CLOSE)


def test_label_and_ids(program: Program, model: Path) -> None:
    people_with_ids = people(6, 3)
    names = ["00", "1e3", "NA", "null", "00", "x y"]
    for person, name in zip(people_with_ids, names, strict=True):
        person["id"] = name
    status, found = program.predict(model, table_of(lines(people_with_ids)))
    assert status == 0
    assert found is not None
    assert [record[0] for record in found[1:]] == names
    by_score = sorted(found[1:], key=lambda record: float(record[1]))
    assert [record[2] for record in by_score] == sorted(record[2] for record in found[1:])


def test_other_spelling(program: Program, model: Path, plain: list[float]) -> None:
    quoted = [",".join(f'"{cell}"' for cell in line.split(",")) for line in lines(people(50, 2))]
    table = b"\xef\xbb\xbf" + table_of(quoted).replace(b"\n", b"\r\n")
    assert program.scores(model, table) == pytest.approx(plain, abs=CLOSE)


def test_code_and_label_are_not_read(program: Program, model: Path, plain: list[float]) -> None:
    told = [f"price,{line},1,note" for line in lines(people(50, 2))]
    table = table_of(told, f"closure_code,{HEADER},churned,note")
    assert program.scores(model, table) == pytest.approx(plain, abs=CLOSE)


def test_na_is_no_null(program: Program, model: Path) -> None:
    mean = {}
    for region in ("NA", ""):
        rows = people(80, 4)
        for row in rows:
            row["region"] = region
        scores = program.scores(model, table_of(lines(rows)))
        mean[region] = sum(scores) / len(scores)
    assert mean["NA"] < mean[""]


def test_columns_that_are_absent(program: Program, model: Path) -> None:
    rows = people(20, 5)
    for row in rows:
        row["source"] = ""
    with_column = program.scores(model, table_of(lines(rows)))
    cut = [line.rpartition(",")[0] for line in lines(rows)]
    assert program.scores(model, table_of(cut, HEADER.rpartition(",")[0])) == pytest.approx(
        with_column, abs=CLOSE
    )


def test_nothing_to_score(program: Program, model: Path) -> None:
    assert program.scores(model, table_of([])) == []


@pytest.mark.parametrize(
    "change",
    [
        {"fee": ""},
        {"days": "soon"},
        {"tenure": "1.5"},
        {"autopay": ""},
        {"plan": ""},
    ],
    ids=str,
)
def test_a_bad_row(program: Program, model: Path, change: dict[str, object]) -> None:
    rows = people(9, 6)
    rows[4].update(change)
    status, found = program.predict(model, table_of(lines(rows)))
    assert status != 0
    assert found is None


def test_a_day_that_never_was(program: Program, model: Path) -> None:
    rows = [line.replace("2022-11-03", "2022-11-31") for line in lines(people(3, 7))]
    status, found = program.predict(model, table_of(rows))
    assert status != 0
    assert found is None
