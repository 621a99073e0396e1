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
        url = _required(env, "DATABASE_URL")
        if not url.startswith("sqlite:///"):
            raise SettingsError("DATABASE_URL does not start with sqlite:///")
        return cls(
            port=int(env.get("PORT", "8000")),
            database_path=url.removeprefix("sqlite:///"),
            pricing_url=_required(env, "PRICING_URL"),
            token_ttl_seconds=int(env.get("TOKEN_TTL_SECONDS", "3600")),
            app_secret=_required(env, "APP_SECRET"),
        )


def _required(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set")
    return value
