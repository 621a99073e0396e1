"""Configuration from the environment. Secrets have no default."""

from __future__ import annotations

import os
from dataclasses import dataclass, field


class ConfigError(Exception):
    """A variable is missing or unusable."""


@dataclass(frozen=True)
class Config:
    port: int
    database: str
    pricing_url: str
    token_seconds: int
    secret: bytes = field(repr=False)


def from_environment() -> Config:
    url = _text("DATABASE_URL")
    if not url.startswith("sqlite:///"):
        raise ConfigError("DATABASE_URL is not sqlite:////path/to/file")
    return Config(
        port=_number("PORT", 8000),
        database=url.removeprefix("sqlite:///"),
        pricing_url=_text("PRICING_URL").rstrip("/"),
        token_seconds=_number("TOKEN_TTL_SECONDS", 3600),
        secret=_text("APP_SECRET").encode(),
    )


def _text(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise ConfigError(f"{name} is not set")
    return value


def _number(name: str, default: int) -> int:
    value = os.environ.get(name) or str(default)
    if not (value.isascii() and value.isdigit() and int(value) > 0):
        raise ConfigError(f"{name} is not a positive number")
    return int(value)
