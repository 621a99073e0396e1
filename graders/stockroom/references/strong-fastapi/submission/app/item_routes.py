"""Items over HTTP."""

from __future__ import annotations

import sqlite3

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from app import items
from app.errors import ApiError, invalid
from app.etags import etag
from app.inputs import Adjustment, ItemChange, NewItem, checked_id, limit_param, read_body, search_param
from app.services import Shared, UserId

router = APIRouter(prefix="/items")


@router.post("")
async def create(request: Request, shared: Shared, user_id: UserId) -> JSONResponse:
    body = await read_body(request, NewItem)
    row = await shared.database.write(items.create_item, user_id, body)
    return _item_response(row, 201, {"Location": f"/items/{row['id']}"})


@router.get("")
async def index(request: Request, shared: Shared) -> JSONResponse:
    query = request.query_params
    page = await shared.database.read(
        items.list_items,
        sort=query.get("sort", "created_at"),
        search=search_param(request),
        cursor_text=query.get("cursor"),
        limit=limit_param(request),
    )
    return JSONResponse(page)


@router.get("/{item_id}")
async def show(item_id: str, shared: Shared) -> JSONResponse:
    row = await shared.database.read(items.find_item, checked_id(item_id))
    return _item_response(row)


@router.put("/{item_id}")
async def replace(item_id: str, request: Request, shared: Shared, user_id: UserId) -> JSONResponse:
    wanted = checked_id(item_id)
    await shared.database.read(items.owned_item, wanted, user_id)
    if_match = request.headers.get("if-match")
    if if_match is None:
        raise ApiError(428, "if_match_required")
    body = await read_body(request, ItemChange)
    row = await shared.database.write(items.replace_item, wanted, user_id, if_match, body)
    return _item_response(row)


@router.delete("/{item_id}")
async def delete(item_id: str, shared: Shared, user_id: UserId) -> Response:
    await shared.database.write(items.delete_item, checked_id(item_id), user_id)
    return Response(status_code=204)


@router.post("/{item_id}/adjust")
async def adjust(item_id: str, request: Request, shared: Shared, user_id: UserId) -> JSONResponse:
    body = await read_body(request, Adjustment)
    if body.delta == 0:
        raise invalid("delta")
    stock = await shared.database.write(items.adjust_stock, checked_id(item_id), user_id, body.delta)
    return JSONResponse({"stock": stock})


def _item_response(
    row: sqlite3.Row, status: int = 200, headers: dict[str, str] | None = None
) -> JSONResponse:
    return JSONResponse(items.as_json(row), status, headers={"ETag": etag(row["version"]), **(headers or {})})
