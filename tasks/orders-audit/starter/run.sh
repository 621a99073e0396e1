#!/bin/sh
# Entry point: `sh ./run.sh analyze --input DIR --output DIR`.
set -eu

case "${1:-}" in
  analyze)
    echo "not implemented" >&2
    exit 2
    ;;
  *)
    echo "usage: sh ./run.sh analyze --input DIR --output DIR" >&2
    exit 2
    ;;
esac
