"""Leaves a link to the grader, a pipe, and more than may be read, in turns."""

import os
import sys
from pathlib import Path

output = Path(sys.argv[sys.argv.index("--output") + 1])
place = output / "sum.txt"
turn = int(output.name[1:]) % 3
if turn == 0:
    place.symlink_to("/grader/run.json")
elif turn == 1:
    os.mkfifo(place)
else:
    place.write_bytes(bytes(1 << 20))
