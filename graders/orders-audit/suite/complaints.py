"""What a run says on stderr about input that it cannot use."""

import re

_BEGIN = "Traceback (most recent call last)"
_FRAME = re.compile(r'^\s*File "([^"]+)", line \d+', re.MULTILINE)
# The interpreter's modules, the runtime's packages, and those that were installed because the submission pins them.
_LIBRARY = re.compile(r"/lib/python3[^/]*/|/(?:site|dist)-packages/|^/deps/|^<frozen ")


def has_traceback(stderr: str) -> bool:
    """Whether there is one of the submission's own code.

    One that runs through libraries only is none: a notebook's kernel that is stopped may leave such a one.
    """
    for block in stderr.split(_BEGIN)[1:]:
        files = _FRAME.findall(block)
        if not files or any(_LIBRARY.search(file) is None for file in files):
            return True
    return False
