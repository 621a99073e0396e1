"""Registration and tokens."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from app.errors import ApiError, unauthorized
from app.inputs import Login, Registration, fold, read_body
from app.services import Shared
from app.users import add_user, credentials, email_taken

router = APIRouter(prefix="/auth")


@router.post("/register")
async def register(request: Request, shared: Shared) -> JSONResponse:
    body = await read_body(request, Registration)
    if await shared.database.read(email_taken, body.email):
        raise ApiError(409, "email_taken")
    password_hash = await shared.passwords.hash(body.password)
    # The UNIQUE column decides when two registrations race.
    user_id = await shared.database.write(add_user, body.email, password_hash)
    return JSONResponse({"id": user_id, "email": body.email}, 201)


@router.post("/token")
async def token(request: Request, shared: Shared) -> JSONResponse:
    body = await read_body(request, Login)
    known = await shared.database.read(credentials, fold(body.email))
    user_id, password_hash = known or ("", None)
    if not await shared.passwords.verify(password_hash, body.password):
        raise unauthorized()
    answer = {
        "access_token": shared.tokens.issue(user_id),
        "token_type": "bearer",
        "expires_in": shared.tokens.ttl_seconds,
    }
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})
