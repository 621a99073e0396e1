#!/bin/sh
# A model whose files run code when they are loaded, and harm whoever only reads them.
exec python3 -B hostile.py "$@"
