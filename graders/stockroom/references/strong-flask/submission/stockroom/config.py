"""Configuration from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field


class ConfigError(Exception):
    pass


@dataclass(frozen=True, kw_only=True)
class Config:
    port: int
    database_url: str
    pricing_url: str
    token_ttl: int
    secret: str = field(repr=False)


def load() -> Config:
    database_url = _get("DATABASE_URL")
    if not database_url.startswith("sqlite:///"):
        raise ConfigError("DATABASE_URL is not a sqlite:/// URL")
    pricing_url = _get("PRICING_URL")
    if not pricing_url.startswith("http://"):
        raise ConfigError("PRICING_URL is not an http:// URL")
    return Config(
        port=_integer("PORT", "8000"),
        database_url=database_url,
        pricing_url=pricing_url,
        token_ttl=_integer("TOKEN_TTL_SECONDS", "3600"),
        secret=_get("APP_SECRET"),
    )


def _get(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise ConfigError(f"{name} is missing")
    return value


def _integer(name: str, default: str) -> int:
    text = os.environ.get(name) or default
    try:
        value = int(text)
    except ValueError:
        raise ConfigError(f"{name} is not a number") from None
    if value < 1:
        raise ConfigError(f"{name} is not positive")
    return value
