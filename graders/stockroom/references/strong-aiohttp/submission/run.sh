#!/bin/sh
# Entry point: `sh ./run.sh serve`.
set -eu

case "${1:-}" in
  serve) exec python3 -m service ;;
  *)
    echo "usage: sh ./run.sh serve" >&2
    exit 2
    ;;
esac
