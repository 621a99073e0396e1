"""One process with threads: the weights are shared, and a batch does not keep `/healthz` waiting."""

import os

bind = f"127.0.0.1:{os.environ['PORT']}"
workers = 1
worker_class = "gthread"
threads = 24
timeout = 60
graceful_timeout = 9
worker_tmp_dir = "/tmp"
control_socket_disable = True
accesslog = "-"
