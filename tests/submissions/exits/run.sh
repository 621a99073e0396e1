echo "no configuration found" >&2
exit 3
