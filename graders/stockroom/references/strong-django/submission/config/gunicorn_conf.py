"""gunicorn: one worker with many threads. Sixteen of them may wait for prices, and the others go on answering."""

from __future__ import annotations

import os
import threading
from types import FrameType

from gunicorn.workers.gthread import ThreadWorker

# Requests that had arrived when SIGTERM came may still wait to be accepted.
LINGER_SECONDS = 0.25


class LingeringWorker(ThreadWorker):
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        threading.Timer(LINGER_SECONDS, super().handle_exit, (sig, frame)).start()


bind = f"127.0.0.1:{os.environ.get('PORT') or '8000'}"
worker_class = LingeringWorker
workers = 1
threads = 64
backlog = 512
# Migrates before the worker is forked, and ends at once when a setting is missing.
preload_app = True
# An order is answered within 8 s.
graceful_timeout = 9
keepalive = 30
# Ids and cursors of any length are the application's to judge.
limit_request_line = 0
worker_tmp_dir = "/tmp"
control_socket_disable = True
loglevel = "warning"
