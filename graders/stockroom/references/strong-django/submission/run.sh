#!/bin/sh
# Entry point: `sh ./run.sh serve`.
set -eu

case "${1:-}" in
  serve) exec python3 -m gunicorn --config config/gunicorn_conf.py config.wsgi:application ;;
  *)
    echo "usage: sh ./run.sh serve" >&2
    exit 2
    ;;
esac
