"""Registration and tokens."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from stockroom.body import RegisterBody, TokenBody, load, read_json
from stockroom.credentials import email_key, hash_password, password_matches
from stockroom.params import new_id, now
from stockroom.problems import Problem, unauthorized
from stockroom.services import services
from stockroom.tables import users

blueprint = Blueprint("accounts", __name__, url_prefix="/auth")


@blueprint.post("/register")
def register() -> Any:
    body = load(RegisterBody(), read_json())
    email, user_id = body["email"], new_id()
    row = {
        "id": user_id,
        "email": email,
        "email_key": email_key(email),
        "password_hash": hash_password(body["password"]),
        "created_at": now(),
    }
    try:
        with services().database.write() as connection:
            connection.execute(insert(users).values(row))
    except IntegrityError:
        raise Problem(409, "email_taken") from None
    return {"id": user_id, "email": email}, 201


@blueprint.post("/token")
def token() -> Any:
    body = load(TokenBody(), read_json())
    with services().database.read() as connection:
        query = select(users.c.id, users.c.password_hash)
        user = connection.execute(query.where(users.c.email_key == email_key(body["email"]))).first()
    if not password_matches(user.password_hash if user else None, body["password"]) or user is None:
        raise unauthorized()
    tokens = services().tokens
    answer = {"access_token": tokens.make(user.id), "token_type": "bearer", "expires_in": tokens.ttl}
    return answer, 200, {"Cache-Control": "no-store"}
