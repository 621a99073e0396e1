#!/bin/sh
# Entry point: `sh ./run.sh analyze --input DIR --output DIR`.
set -eu
PYTHONPATH="$PWD/src" exec python3 -m audit.cli "$@"
