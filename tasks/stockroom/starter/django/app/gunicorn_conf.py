"""gunicorn's settings."""

from __future__ import annotations

import os

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = 1
threads = 4
preload_app = True
control_socket_disable = True
worker_tmp_dir = "/tmp"
