"""Secrets, when the service has stopped: no default of APP_SECRET, and passwords salted and slow-hashed."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from takehome_suite.outcome import Inconclusive, expect, fail, require
from takehome_suite.run import Run, State
from vault import Cell, Named, fast_forms, fast_salted, hash_like, plain_forms, rows_about, stored_files


@pytest.fixture(scope="module")
def stored(run: Run) -> dict[str, bytes]:
    """The files of the database volume."""
    files = stored_files(run.data_dir)
    if not any(files.values()):
        raise Inconclusive("Inconclusive: the database volume holds no readable file.")
    return files


@pytest.fixture(scope="module")
def people(state: State) -> list[dict[str, str]]:
    """Two users with one password and one with another, as the live phase left them."""
    people = state.get("vault", [])
    require(len(people) == 3, "no users could be registered whose passwords could be looked for")
    return list(people)


def cells_of(
    stored: dict[str, bytes], run: Run, people: list[dict[str, str]], person: dict[str, str]
) -> list[Cell]:
    """What is stored about one of the users."""
    scratch = Path(tempfile.mkdtemp(dir=run.state_dir))
    others = [Named.of(other) for other in people if other is not person]
    return rows_about(stored, scratch, Named.of(person), others)


def test_service_does_not_become_healthy_without_a_secret(run: Run, people: list[dict[str, str]]) -> None:
    facts = json.loads(run.facts.read_text(encoding="utf-8")).get("no_secret", {})
    if not isinstance(facts.get("ready"), bool):
        raise Inconclusive("Inconclusive: the start without APP_SECRET was not observed.")
    # A service that cannot register anybody has no use for a secret.
    require(bool(people), "registering does not work")
    expect(
        not facts["ready"],
        "Without APP_SECRET the service should not become healthy, but did: it has a default secret.",
        expected={"ready": False},
        observed=facts,
    )


def find(stored: dict[str, bytes], forms: dict[str, bytes]) -> tuple[str, str] | None:
    """The first form that a file holds."""
    for what, form in forms.items():
        for name, content in stored.items():
            if form in content:
                return what, name
    return None


def test_passwords_are_not_stored(
    stored: dict[str, bytes], people: list[dict[str, str]], state: State
) -> None:
    passwords = {person["password"] for person in people} | set(state.get("passwords", []))
    for password in sorted(passwords):
        found = find(stored, plain_forms(password))
        if found is not None:
            fail(
                f"Passwords should be stored hashed, but the file {found[1]} holds {found[0]}.",
                expected="no password in any file",
                observed={"file": found[1], "form": found[0]},
            )


def test_passwords_are_not_hashed_without_a_salt(
    stored: dict[str, bytes], people: list[dict[str, str]], run: Run
) -> None:
    for person in people:
        found = find(stored, fast_forms(person["password"]))
        if found is not None:
            fail(
                f"Passwords should be salted and slow-hashed, but the file {found[1]} holds {found[0]}.",
                expected="a salted slow hash",
                observed={"file": found[1], "form": found[0]},
            )


def test_users_with_one_password_have_different_hashes(
    stored: dict[str, bytes], people: list[dict[str, str]], run: Run
) -> None:
    first, second, other = (
        {(cell.table, cell.column, cell.value) for cell in cells_of(stored, run, people, person)}
        for person in people
    )
    passwords = {person["password"] for person in people}
    # A stored password is the same for both, too; another test charges that.
    common: list[Any] = [
        cell for cell in first & second - other if hash_like(cell[2]) and cell[2] not in passwords
    ]
    expect(
        not common,
        "Two users with the same password should have different hashes, but have the same: there is no salt.",
        expected="different values",
        observed=[f"{table}.{column}" for table, column, _ in common],
    )


def test_passwords_are_not_hashed_fast(
    stored: dict[str, bytes], people: list[dict[str, str]], run: Run
) -> None:
    for person in people:
        how = fast_salted(cells_of(stored, run, people, person), person["password"])
        expect(
            how is None,
            f"Passwords should be stored with a slow hash, but one is stored as {how}.",
            expected="argon2, bcrypt, scrypt or PBKDF2",
            observed=how,
        )
