"""A service that needs a package beyond the runtime."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import humanize


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"worked": [], "tried": int(humanize.ordinal(1)[0])}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
