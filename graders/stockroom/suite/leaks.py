"""Marks of a service's insides in what it answers: tracebacks, SQL, paths of its code, debuggers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote_plus, urlsplit

from takehome_suite.client import Exchange

MARKS = {
    "a traceback": re.compile(r"Traceback \(most recent call last|File \\*\"[^\"]{1,200}\.py\\*\", line \d+"),
    "a path of its code": re.compile(r"/[\w.-]+/[\w./-]*\.py\b|site-packages"),
    "a message of the database": re.compile(
        r"sqlite3?\.\w+Error|OperationalError|IntegrityError|sqlalche\.me|\[SQL: |no such (?:table|column): "
        r"|(?:UNIQUE|FOREIGN KEY|NOT NULL|CHECK) constraint failed"
    ),
    "SQL": re.compile(r"\bSELECT\s.{1,300}\sFROM\s|\bINSERT\s+INTO\s|\bUPDATE\s+\w+\s+SET\s", re.DOTALL),
    "a debug page": re.compile(
        r"DEBUG = True|Werkzeug Debugger|DebugToolbar|You're seeing this error because"
    ),
}
DEBUGGER = re.compile(r"EVALEX|Interactive Console|Werkzeug Debugger|openShell|promptForPin|initPinBox")


def leaks_of(exchange: Exchange) -> list[str]:
    """What an answer that is no success tells of the insides. What only repeats the request is no leak."""
    if exchange.status is None or exchange.status < 400:
        return []
    text = exchange.response_body.decode("utf-8", "replace")
    sent = unquote_plus(exchange.url) + exchange.request_body.decode("utf-8", "replace")
    found = []
    for what, mark in MARKS.items():
        match = mark.search(text)
        if match is not None and match[0] not in sent and mark.search(sent) is None:
            found.append(what)
    return found


def opens_debugger(exchange: Exchange) -> bool:
    """Whether an answer is the page or the script of an interactive debugger."""
    return DEBUGGER.search(exchange.response_body.decode("utf-8", "replace")) is not None


class Watch:
    """Looks at every answer of the session for what a service should keep to itself."""

    def __init__(self) -> None:
        self.leaks: dict[str, str] = {}
        self.debuggers: list[str] = []

    def see(self, exchange: Exchange) -> None:
        """Keeps the first place of each kind of leak."""
        where = f"{exchange.method} {urlsplit(exchange.url).path}"
        for what in leaks_of(exchange):
            self.leaks.setdefault(what, where)
        if opens_debugger(exchange) and where not in self.debuggers:
            self.debuggers.append(where)

    @contextmanager
    def only(self) -> Iterator[dict[str, str]]:
        """The leaks of what happens inside, beside those of the session."""
        before, self.leaks = self.leaks, {}
        found = self.leaks
        try:
            yield found
        finally:
            self.leaks = {**found, **before}
