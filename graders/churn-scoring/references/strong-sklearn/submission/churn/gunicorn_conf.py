"""One worker, as the model is read-only and numpy lets other threads run; the threads keep `/healthz` free of batches."""

import os

bind = f"127.0.0.1:{os.environ['PORT']}"
workers = 1
worker_class = "gthread"
threads = 32
timeout = 120
graceful_timeout = 9
worker_tmp_dir = "/tmp"
control_socket_disable = True
