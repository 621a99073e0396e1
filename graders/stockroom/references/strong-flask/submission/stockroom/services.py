"""What views share, and who is asking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app, g

from stockroom.credentials import TokenBox
from stockroom.database import Database
from stockroom.pricing import PriceList

_KEY = "stockroom"


@dataclass(frozen=True)
class Services:
    database: Database
    prices: PriceList
    tokens: TokenBox


def install(extensions: dict[str, object], services: Services) -> None:
    extensions[_KEY] = services


def services() -> Services:
    return cast(Services, current_app.extensions[_KEY])


def current_user() -> str:
    """The id of the authenticated user; set before any view that is not public."""
    return cast(str, g.user_id)
