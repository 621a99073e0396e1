#!/bin/sh
# Entry point: `sh ./run.sh train …`, `predict …`, `serve`.
set -eu
exec python3 -m churn "$@"
