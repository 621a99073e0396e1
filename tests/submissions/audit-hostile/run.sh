#!/bin/sh
# An analysis that leaves behind what should harm whoever reads it.
exec python3 -B leave.py "$5"
