"""Request bodies and query parameters. Unknown members are ignored; integers are never coerced."""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeVar

from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from app.errors import ApiError, invalid, not_found
from app.jsonvalue import parse_object

MAX_INPUT = 2**31 - 1
MAX_QUERY = 1000
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+")
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_LIMIT = re.compile(r"[0-9]{1,3}", re.ASCII)
_ASCII_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def storable(text: str) -> str:
    """U+0000 and lone surrogates cannot be stored safely in every database."""
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("not storable")
    return text


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise ValueError("not an address")
    return fold(text)


def fold(text: str) -> str:
    """Lower case for ASCII letters only: other scripts stay as sent."""
    return text.translate(_ASCII_LOWER)


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


Text = Annotated[str, AfterValidator(storable)]
Email = Annotated[Text, Field(max_length=254), AfterValidator(_email)]
Password = Annotated[Text, Field(min_length=10, max_length=1024)]
Sku = Annotated[Text, Field(min_length=1, max_length=64)]
Name = Annotated[Text, Field(min_length=1, max_length=200)]
Stock = Annotated[int, Field(ge=0, le=MAX_INPUT)]


class Registration(_Body):
    email: Email
    password: Password


class Login(_Body):
    email: Annotated[Text, Field(max_length=254)]
    password: Annotated[Text, Field(max_length=1024)]


class NewItem(_Body):
    sku: Sku
    name: Name
    stock: Stock


class ItemChange(_Body):
    name: Name
    stock: Stock


class Adjustment(_Body):
    delta: Annotated[int, Field(ge=-MAX_INPUT, le=MAX_INPUT)]


class NewOrder(_Body):
    item_id: Text
    quantity: Annotated[int, Field(ge=1, le=MAX_INPUT)]


Model = TypeVar("Model", bound=BaseModel)


def checked(model: type[Model], value: dict[str, Any]) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise invalid(*(str(entry["loc"][0]) for entry in error.errors(include_input=False))) from None


async def read_body(request: Request, model: type[Model]) -> Model:
    return checked(model, parse_object(await request.body()))


def checked_id(text: str) -> str:
    """Anything that is not an id of ours is an unknown id."""
    if not _ID.fullmatch(text):
        raise not_found()
    return text


def idempotency_key(request: Request) -> str:
    key = request.headers.get("idempotency-key", "")
    if not _KEY.fullmatch(key):
        raise ApiError(422, "idempotency_key_required")
    return key


def limit_param(request: Request) -> int:
    text = request.query_params.get("limit", "50")
    if not _LIMIT.fullmatch(text) or not 1 <= int(text) <= 200:
        raise invalid("limit")
    return int(text)


def search_param(request: Request) -> str:
    text = request.query_params.get("q", "")
    if len(text) > MAX_QUERY or "\x00" in text:
        raise invalid("q")
    return text
