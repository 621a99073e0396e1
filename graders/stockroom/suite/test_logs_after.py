"""Logs, when the service has stopped: a line for each request, and no credentials."""

import json
import re
from pathlib import Path
from urllib.parse import unquote_plus

import pytest
from takehome_suite.outcome import Inconclusive, Partial, expect, fail, require
from takehome_suite.run import Run, State
from vault import fast_forms, plain_forms, read_regular

HASHES = re.compile(
    r"\$argon2(?:id|i|d)\$v=\d+\$m=|\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}|pbkdf2[_:]sha\d+[$:]\d+\$[^$\s]+\$[A-Za-z0-9+/=]{20}"
    r"|scrypt[:$]\S{1,60}\$[A-Za-z0-9+/=]{40}"
)
SHOWN = 5
# Of a log, the last 8 MiB are kept (task.toml): one of about that size has lost its beginning.
KEPT = (8 << 20) - (64 << 10)


@pytest.fixture(scope="module")
def logs(run: Run) -> dict[str, str]:
    """What each replica wrote."""
    texts = {
        name: (read_regular(Path(file)) or b"").decode("utf-8", "replace") for name, file in run.logs.items()
    }
    if not texts:
        raise Inconclusive("Inconclusive: there are no logs to look at.")
    return texts


def readable(text: str) -> str:
    """A log as written, followed by what it says when its escapes are resolved."""
    unescaped = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text.replace("\\/", "/"))
    return f"{text}\n{unescaped}\n{unquote_plus(unescaped)}"


def tells(line: str, method: str, path: str, status: int) -> bool:
    """Whether a line names method, path and status."""
    plain = line.replace("\\/", "/")
    has_path = re.search(rf"{re.escape(path)}(?![\w/-])", plain) is not None
    return method in plain and has_path and re.search(rf"(?<!\d){status}(?!\d)", plain) is not None


def test_every_request_has_a_line_with_its_id(logs: dict[str, str], state: State) -> None:
    requests = state.get("requests", [])
    good = [request for request in requests if request[3] < 300]
    require(len(good) >= 8, "hardly any request worked whose line could be looked for")
    ids = {request[4] for request in requests}
    by_id: dict[str, list[str]] = {}
    for line in (line for text in logs.values() for line in text.splitlines()):
        for found in re.findall(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])", line):
            if found in ids:
                by_id.setdefault(found, []).append(line)
    cut = {name for name, text in logs.items() if len(text.encode("utf-8", "replace")) >= KEPT}
    missing = [
        {"request": f"{method} {path}", "status": status, "replica": replica, "id": request_id}
        for replica, method, path, status, request_id in requests
        if not any(tells(line, method, path, status) for line in by_id.get(request_id, []))
    ]
    if not missing:
        return
    if any(one["replica"] in cut for one in missing):
        raise Inconclusive("Inconclusive: the log is so long that its beginning was not kept.")
    share = f"{len(missing)} of {len(requests)} requests"
    first = missing[0]
    seen = by_id.get(first["id"], [])
    why = (
        "no line has its X-Request-ID"
        if not seen
        else "no line has its X-Request-ID with method, path and status"
    )
    message = f"Each request should have a line in the log, but {share} have none; {first['request']}: {why}."
    observed = {"missing": missing[:SHOWN], "lines": [line[:300] for line in seen[:SHOWN]]}
    # A line may be lost in the collection of the logs; a service that does not write them loses them all.
    if len(missing) <= len(requests) // 20:
        raise Partial(message, observed=observed)
    fail(message, expected="method, path, status and X-Request-ID in one line", observed=observed)


def test_tokens_are_not_logged(logs: dict[str, str], state: State) -> None:
    tokens = [token for token in state.get("tokens", []) if isinstance(token, str) and len(token) >= 16]
    require(bool(tokens), "no token was made that could be looked for")
    for name, text in logs.items():
        whole = readable(text)
        for token in tokens:
            # The start of a token may be shown; the half that holds the signature may not.
            expect(
                token[len(token) // 2 :] not in whole,
                f"Tokens should not be in the log, but the log of replica {name} holds one.",
                expected="no token",
                observed=around(whole, token[len(token) // 2 :]),
            )


def test_passwords_and_hashes_are_not_logged(logs: dict[str, str], state: State) -> None:
    passwords = state.get("passwords", [])
    require(
        bool(state.get("tokens", [])) and bool(passwords),
        "no user could log in whose password could be looked for",
    )
    for name, text in logs.items():
        whole = readable(text)
        for password in passwords:
            forms = plain_forms(password)
            texts = {what: forms[what].decode() for what in ("the password itself", "the password in base64")}
            texts |= {what: form.decode() for what, form in fast_forms(password).items() if "in hex" in what}
            texts["the password as JSON"] = json.dumps(password)[1:-1]
            for what, form in texts.items():
                expect(
                    form not in whole,
                    f"Passwords should not be in the log, but the log of replica {name} holds {what}.",
                    expected="no password",
                    observed=what,
                )
        found = HASHES.search(whole)
        expect(
            found is None,
            f"Hashes of passwords should not be in the log, but the log of replica {name} holds one.",
        )


def test_secret_is_not_logged(logs: dict[str, str], state: State, run: Run) -> None:
    require(bool(state.get("tokens", [])), "no token was made, so no secret was used")
    if len(run.app_secret) < 8:
        raise Inconclusive("Inconclusive: the run does not say which APP_SECRET was used.")
    for name, text in logs.items():
        expect(
            run.app_secret not in readable(text),
            f"APP_SECRET should not be in the log, but replica {name} wrote it.",
        )


def around(text: str, secret: str) -> str:
    """Where a secret stands, without the secret."""
    place = text.find(secret)
    return f"{text[max(0, place - 80) : place]}[…]{text[place + len(secret) : place + len(secret) + 40]}"
