#!/bin/sh
# Entry point: `sh ./run.sh train …`, `predict …`, `serve`.
set -eu
command="${1:?train, predict or serve}"
shift
case "$command" in
    train) exec python3 -m scoring.train "$@" ;;
    predict) exec python3 -m scoring.predict "$@" ;;
    serve) exec python3 -m scoring.serve "$@" ;;
    *) echo "unknown command: $command" >&2; exit 2 ;;
esac
