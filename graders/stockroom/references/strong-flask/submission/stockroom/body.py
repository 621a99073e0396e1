"""JSON bodies: strict parsing, schemas, and a fingerprint by value."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any, ClassVar

from flask import request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from stockroom.problems import bad_request

MAX_DEPTH = 100
MAX_NUMBER = 2**31 - 1


def read_json() -> dict[str, Any]:
    """The body as an object. Nothing that a client can send is more than a 400."""
    try:
        value = json.loads(request.get_data().decode(), parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, ArithmeticError, RecursionError):
        raise bad_request("the body is not JSON") from None
    if not isinstance(value, dict):
        raise bad_request("the body is not an object")
    if _depth_exceeds(value, MAX_DEPTH):
        raise bad_request("the body is nested too deeply")
    return value


def load(schema: Schema, value: dict[str, Any]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(value)
    except ValidationError as error:
        raise bad_request({str(name): messages for name, messages in error.messages_dict.items()}) from None
    return loaded


def fingerprint(value: Any) -> str:
    """Equal for equal JSON values: order of members and spelling of numbers do not matter, types do."""
    return hashlib.sha256(json.dumps(_plain(value), sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Tags every number, so that 1, 1.0 and 1e0 are one value and true, "1" and [1] are others."""
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        sign, digits, exponent = Decimal(value).as_tuple()
        significant = "".join(map(str, digits)).lstrip("0").rstrip("0")
        shift = len("".join(map(str, digits)).lstrip("0")) - len(significant)
        return {"number": [sign, significant, int(exponent) + shift]} if significant else {"number": 0}
    if isinstance(value, str):
        return {"text": value}
    return value


def _depth_exceeds(value: Any, limit: int) -> bool:
    stack = [(value, 1)]
    while stack:
        entry, depth = stack.pop()
        if depth > limit:
            return True
        if isinstance(entry, dict):
            stack += [(member, depth + 1) for member in entry.values()]
        elif isinstance(entry, list):
            stack += [(member, depth + 1) for member in entry]
    return False


def _no_constant(name: str) -> Any:
    raise ValueError(name)


class WholeNumber(fields.Field[int]):
    """A JSON number without a fraction: 1, 1.0 and 1e0 are the same number, true and "1" are not numbers."""

    default_error_messages: ClassVar[dict[str, str]] = {"invalid": "Not a whole number."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self.make_error("invalid")
        if abs(value) > MAX_NUMBER or value != int(value):
            raise self.make_error("invalid")
        return int(value)


def _text(value: str) -> None:
    if "\0" in value or any(0xD800 <= ord(char) <= 0xDFFF for char in value):
        raise ValidationError("Has a character that cannot be stored.")


def _address(value: str) -> None:
    local, at, domain = value.rpartition("@")
    if not (local and at and domain) or any(char.isspace() or ord(char) < 32 for char in value):
        raise ValidationError("Not an e-mail address.")


class _Body(Schema):
    class Meta:
        unknown = EXCLUDE


class RegisterBody(_Body):
    email = fields.String(required=True, validate=[_text, validate.Length(max=254), _address])
    password = fields.String(required=True, validate=[_text, validate.Length(10, 500)])


class TokenBody(_Body):
    email = fields.String(required=True, validate=[_text, validate.Length(max=254)])
    password = fields.String(required=True, validate=[_text, validate.Length(max=500)])


class ItemBody(_Body):
    name = fields.String(required=True, validate=[_text, validate.Length(1, 200)])
    stock = WholeNumber(required=True, validate=validate.Range(min=0))


class NewItemBody(ItemBody):
    sku = fields.String(required=True, validate=[_text, validate.Length(1, 64)])


class AdjustBody(_Body):
    delta = WholeNumber(required=True, validate=validate.NoneOf([0]))


class OrderBody(_Body):
    item_id = fields.String(required=True, validate=_text)
    quantity = WholeNumber(required=True, validate=validate.Range(min=1))
