"""Counters in SQLite; each change is one statement."""

import json
import os
import re
import sqlite3
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PATH = os.environ["DATABASE_URL"].removeprefix("sqlite:///")
ROUTE = re.compile(r"/tallies/([a-z0-9-]+)(/bump|/label)?")


def run(statement: str, *values: object) -> sqlite3.Cursor:
    connection = sqlite3.connect(PATH, timeout=8, isolation_level=None)
    try:
        return connection.execute(statement, values)
    finally:
        connection.close()


def bump(key: str, by: int) -> bool:
    changed = run("UPDATE tallies SET now = now + ? WHERE key = ? AND now + ? >= 0", by, key, by)
    return changed.rowcount == 1


def show(key: str) -> tuple[int, str] | None:
    connection = sqlite3.connect(PATH, timeout=8)
    row: tuple[int, str] | None = connection.execute(
        "SELECT now, label FROM tallies WHERE key = ?", (key,)
    ).fetchone()
    connection.close()
    return row


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/ok":
            return self.answer(200)
        row = show(self.key())
        if row is None:
            return self.answer(404)
        self.answer(200, {"tally": {"now": row[0]}, "label": row[1]})

    def do_PUT(self) -> None:
        key, body = self.key(), self.body()
        try:
            run("INSERT INTO tallies VALUES (?, ?, ?)", key, body["from"], body["label"])
        except sqlite3.IntegrityError:
            return self.answer(409)
        self.answer(201, {"key": key})

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        body = self.body()
        if parts.path.endswith("/label"):
            run("UPDATE tallies SET label = ? WHERE key = ?", body["label"], self.key())
            return self.answer(204)
        self.answer(204 if bump(self.key(), int(parse_qs(parts.query)["by"][0])) else 422)

    def key(self) -> str:
        found = ROUTE.match(self.path)
        return found[1] if found else ""

    def body(self) -> dict[str, object]:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        value: dict[str, object] = json.loads(content or b"{}")
        return value

    def answer(self, status: int, value: object = None) -> None:
        content = b"" if status == 204 else json.dumps(value).encode()
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Server(ThreadingHTTPServer):
    request_queue_size = 128


run("CREATE TABLE IF NOT EXISTS tallies (key TEXT PRIMARY KEY, now INTEGER, label TEXT)")
Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
