"""Django's settings, all of them from the environment. Secrets have no default."""

from __future__ import annotations

import os


def _required(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise SystemExit(f"configuration: {name} is not set")
    return value


def _sqlite_file(url: str) -> str:
    if not url.startswith("sqlite:///"):
        raise SystemExit("configuration: DATABASE_URL is not a sqlite:/// URL")
    return url.removeprefix("sqlite:///")


SECRET_KEY = _required("APP_SECRET")
PRICING_URL = _required("PRICING_URL").rstrip("/")
TOKEN_TTL_SECONDS = int(os.environ.get("TOKEN_TTL_SECONDS") or "3600")

DEBUG = False
ALLOWED_HOSTS = ["*"]
APPEND_SLASH = False
USE_TZ = True
ROOT_URLCONF = "config.urls"
INSTALLED_APPS = ["shop"]
MIDDLEWARE = ["shop.middleware.ErrorsAsJson", "shop.middleware.Authentication"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["shop.passwords.StockroomHasher"]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": _sqlite_file(_required("DATABASE_URL")),
        # A connection for each thread, kept: the last one to close would clear the write-ahead log each time.
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 8,
            # What a transaction reads cannot be stale when it writes.
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}

# shop.logs writes the one line a request; Django's own warnings would repeat it.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"null": {"class": "logging.NullHandler"}},
    "loggers": {"django": {"handlers": ["null"], "propagate": False}},
}
