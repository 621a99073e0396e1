"""Adds up numbers; writes aside and renames."""

import os
import sys
import time
from pathlib import Path

arguments = dict(zip(sys.argv[2::2], sys.argv[3::2], strict=True))
print(os.environ["GREETING"], flush=True)
output = Path(arguments["--output"])
if "FILL" in os.environ:
    (output / "filling").write_bytes(bytes(4 << 20))
words = Path(arguments["--input"], "numbers.txt").read_text(encoding="utf-8").split()
if "sleep" in words:
    time.sleep(1.5)
aside = output / "sum.aside"
aside.write_text(str(sum(int(word) for word in words if word.isdigit())), encoding="utf-8")
aside.replace(output / "sum.txt")
