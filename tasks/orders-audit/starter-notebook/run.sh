#!/bin/sh
# Entry point: `sh ./run.sh analyze --input DIR --output DIR`.
set -eu
exec python3 -m audit "$@"
