"""Finding items, and the condition on their version."""

from __future__ import annotations

import re

from shop.errors import not_found
from shop.models import Item

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS = re.compile(rf"[ \t,]*{_TAG}[ \t]*(?:,[ \t,]*{_TAG}[ \t]*)*,?[ \t,]*")


def has_id_form(value: str) -> bool:
    return _ID.fullmatch(value) is not None


def find(item_id: str) -> Item:
    item = Item.objects.filter(pk=item_id).first() if has_id_form(item_id) else None
    if item is None:
        raise not_found()
    return item


def find_own(item_id: str, user_id: str) -> Item:
    """Somebody else's item cannot be changed, and is answered like one that does not exist."""
    item = find(item_id)
    if item.owner_id != user_id:
        raise not_found()
    return item


def etag(item: Item) -> str:
    return f'"{item.version}"'


def version_matches(if_match: str, item: Item) -> bool:
    """RFC 9110, 13.1.1. A weak tag never matches, and a malformed list matches nothing."""
    if if_match.strip() == "*":
        return True
    if not _TAGS.fullmatch(if_match):
        return False
    return etag(item) in re.findall(_TAG, if_match)
