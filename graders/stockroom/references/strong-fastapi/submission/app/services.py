"""The objects that handlers share, kept on the application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from app.db import Database
from app.passwords import Passwords
from app.pricing import Pricing
from app.tokens import Tokens


@dataclass(frozen=True)
class Services:
    database: Database
    passwords: Passwords
    pricing: Pricing
    tokens: Tokens

    async def close(self) -> None:
        await self.pricing.close()
        self.passwords.close()
        self.database.close()


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _user_id(request: Request) -> str:
    user_id: str = request.state.user_id
    return user_id


Shared = Annotated[Services, Depends(_services)]
# Set by the Authentication middleware, which has refused everybody else.
UserId = Annotated[str, Depends(_user_id)]
