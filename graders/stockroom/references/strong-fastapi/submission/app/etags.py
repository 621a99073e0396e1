"""Entity tags (RFC 9110): the version in double quotes, compared strongly."""

from __future__ import annotations

import re

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


def etag(version: int) -> str:
    return f'"{version}"'


def matches(if_match: str, version: int) -> bool:
    """Whether an existing item with this version satisfies the header."""
    text = if_match.strip(" \t")
    if text == "*":
        return True
    return f"{version}" in _strong_tags(text)


def _strong_tags(text: str) -> set[str]:
    """A list that does not parse as a whole matches nothing."""
    tags: set[str] = set()
    position = 0
    while position < len(text):
        if text[position] in " \t,":
            position += 1
            continue
        found = _TAG.match(text, position)
        if found is None:
            return set()
        if found[1] is None:
            tags.add(found[2])
        position = found.end()
        if position < len(text) and text[position] not in " \t,":
            return set()
    return tags
