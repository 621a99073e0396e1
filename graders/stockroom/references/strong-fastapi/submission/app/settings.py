"""Settings from the environment. Secrets have no default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field


class SettingsError(Exception):
    """A setting is missing or has no usable value."""


@dataclass(frozen=True)
class Settings:
    port: int
    database_path: str
    pricing_url: str
    token_ttl_seconds: int
    app_secret: str = field(repr=False)

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Settings:
        return cls(
            port=_positive(env, "PORT", 8000),
            database_path=_sqlite_path(_required(env, "DATABASE_URL")),
            pricing_url=_required(env, "PRICING_URL").rstrip("/"),
            token_ttl_seconds=_positive(env, "TOKEN_TTL_SECONDS", 3600),
            app_secret=_required(env, "APP_SECRET"),
        )


def _required(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set")
    return value


def _positive(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise SettingsError(f"{name} is not a positive integer")
    return int(text)


def _sqlite_path(url: str) -> str:
    prefix = "sqlite:///"
    if not url.startswith(prefix) or len(url) == len(prefix):
        raise SettingsError("DATABASE_URL does not have the form sqlite:////path/to/file.db")
    return url.removeprefix(prefix)
