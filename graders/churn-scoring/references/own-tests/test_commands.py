"""`RUN_SH=/path/run.sh python3 -m pytest tests`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from conftest import FEATURES, NULLABLE, Commands, Customer, customers, write

IDS = ("customer_id", *FEATURES)
TOLERANCE = 1e-6


def probabilities(lines: list[list[str]]) -> list[float]:
    return [float(line[1]) for line in lines]


@pytest.fixture
def rows() -> list[Customer]:
    return customers(80, seed=2)


@pytest.fixture(scope="module")
def plain(commands: Commands, model: Path) -> list[float]:
    """What is predicted for these rows as they are."""
    path = write(commands.place / "plain.csv", customers(80, seed=2), IDS)
    return probabilities(commands.predict(model, path, commands.place / "plain-out.csv"))


def test_folder(commands: Commands, model: Path) -> None:
    manifest = json.loads((model / "manifest.json").read_text(encoding="utf-8"))
    data = (commands.place / "model.csv").read_bytes()
    assert manifest["data_sha256"].lower() == hashlib.sha256(data).hexdigest()
    assert manifest["seed"] == 7
    assert manifest["versions"]
    files = {str(path.relative_to(model)) for path in model.rglob("*") if path.is_file()}
    optional = {"manifest.json", "metrics.json", "MODEL_CARD.md"}
    assert files - optional <= set(manifest["files"]) <= files
    assert optional <= files
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((model / name).read_bytes()).hexdigest() == digest.lower()


def test_no_ids_are_kept(model: Path) -> None:
    for path in model.rglob("*"):
        if path.is_file():
            assert b"000123" not in path.read_bytes()


def test_the_same_seed_gives_the_same(
    commands: Commands, plain: list[float], rows: list[Customer], tmp_path: Path
) -> None:
    again = commands.train("again", customers(1500))
    lines = commands.predict(again, write(tmp_path / "rows.csv", rows, IDS), tmp_path / "out.csv")
    assert probabilities(lines) == pytest.approx(plain, abs=TOLERANCE)


def test_it_learns_from_its_data(commands: Commands, tmp_path: Path) -> None:
    turned = [{**one, "churned": 1 - one["churned"], "closure_code": None} for one in customers(1500)]
    model = commands.train("turned", turned)
    new, old = customers(60, seed=3), customers(60, seed=3)
    for one in new:
        one["days_since_last_login"] = 1
    for one in old:
        one["days_since_last_login"] = 115
    lines = commands.predict(model, write(tmp_path / "rows.csv", new + old, IDS), tmp_path / "out.csv")
    found = probabilities(lines)
    assert sum(found[:60]) > sum(found[60:])


def test_ids_and_order(commands: Commands, model: Path, rows: list[Customer], tmp_path: Path) -> None:
    names = ["007", "NA", "1e5", 'a "b", c', "007", "\u00e4"]
    for one, name in zip(rows, names, strict=False):
        one["customer_id"] = name
    output = tmp_path / "out.csv"
    output.write_text("something old\n" * 500, encoding="utf-8")
    lines = commands.predict(model, write(tmp_path / "rows.csv", rows[:6], IDS), output)
    assert [line[0] for line in lines] == names
    assert {line[2] for line in lines} <= {"0", "1"}


def test_spellings(
    commands: Commands, model: Path, plain: list[float], rows: list[Customer], tmp_path: Path
) -> None:
    names = ["note", *reversed(FEATURES), "customer_id", "closure_code"]
    path = write(
        tmp_path / "rows.csv", [{**one, "tenure_months": f"{one['tenure_months']}.0"} for one in rows], names
    )
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert probabilities(commands.predict(model, path, tmp_path / "out.csv")) == pytest.approx(
        plain, abs=TOLERANCE
    )


def test_what_is_known_afterwards_changes_nothing(
    commands: Commands, model: Path, plain: list[float], rows: list[Customer], tmp_path: Path
) -> None:
    told = [{**one, "customer_id": "000001", "closure_code": "price", "churned": 1} for one in rows]
    path = write(tmp_path / "rows.csv", told, (*IDS, "closure_code", "churned"))
    assert probabilities(commands.predict(model, path, tmp_path / "out.csv")) == pytest.approx(
        plain, abs=TOLERANCE
    )


def test_absent_columns_are_null(
    commands: Commands, model: Path, rows: list[Customer], tmp_path: Path
) -> None:
    empty = [{**one, **dict.fromkeys(NULLABLE)} for one in rows]
    with_columns = write(tmp_path / "with.csv", empty, IDS)
    without = write(tmp_path / "without.csv", empty, [name for name in IDS if name not in NULLABLE])
    one = probabilities(commands.predict(model, with_columns, tmp_path / "one.csv"))
    other = probabilities(commands.predict(model, without, tmp_path / "other.csv"))
    assert one == pytest.approx(other, abs=TOLERANCE)


def test_na_is_a_region(commands: Commands, model: Path, rows: list[Customer], tmp_path: Path) -> None:
    both = [{**one, "region": region} for region in ("NA", None) for one in rows]
    found = probabilities(
        commands.predict(model, write(tmp_path / "rows.csv", both, IDS), tmp_path / "out.csv")
    )
    assert sum(found[: len(rows)]) < sum(found[len(rows) :])


def test_no_rows(commands: Commands, model: Path, tmp_path: Path) -> None:
    assert commands.predict(model, write(tmp_path / "rows.csv", [], IDS), tmp_path / "out.csv") == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("signup_date", "2023-02-29"),
        ("tenure_months", "2.5"),
        ("monthly_fee", "many"),
        ("plan", None),
        ("autopay", None),
    ],
)
def test_invalid_rows(
    commands: Commands, model: Path, rows: list[Customer], tmp_path: Path, name: str, value: str | None
) -> None:
    rows[3][name] = value
    output = tmp_path / "out.csv"
    source = write(tmp_path / "rows.csv", rows, IDS)
    assert commands.run("predict", "--model", model, "--input", source, "--output", output).returncode != 0
    assert not output.exists()
