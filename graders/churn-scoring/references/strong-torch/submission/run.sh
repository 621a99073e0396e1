#!/bin/sh
# Entry point: `sh ./run.sh train …`, `predict …`, `serve`.
set -eu
case "${1:-}" in
    train | predict) exec python3 -m net "$@" ;;
    serve) exec python3 -m gunicorn --config net/gunicorn.conf.py net.web:application ;;
    *) echo "usage: run.sh train|predict|serve" >&2; exit 2 ;;
esac
