#!/bin/sh
# Entry point: `sh ./run.sh train …`, `predict …`, `serve`.
set -eu
if [ "${1:-}" = serve ]; then
    exec python3 -m gunicorn --config churn/gunicorn_conf.py 'churn.service:create_app()'
fi
exec python3 -m churn "$@"
