exec python3 sums.py "$@"
