"""Which tracebacks on stderr are the submission's."""

import pytest
from complaints import has_traceback

BEGIN = "Traceback (most recent call last):\n"
OWN = '  File "/app/audit/__main__.py", line 12, in main\n    run()\n'
MODULE = '  File "<frozen runpy>", line 198, in _run_module_as_main\n'
ZMQ = '  File "/opt/venv/lib/python3.11/site-packages/zmq/sugar/socket.py", line 300, in close\n    super().close()\n'
NOISE = (
    f"[IPKernelApp] WARNING | no encryption\n{BEGIN}{ZMQ}zmq.error.ZMQError: Socket operation on non-socket\n"
)
REASON = "unusable input: orders.csv: the header is not UTF-8\n"


PINNED = NOISE.replace("/opt/venv/lib/python3.11/site-packages/", "/deps/")


@pytest.mark.parametrize(
    "text", ["", REASON, NOISE + REASON, NOISE * 2 + REASON, REASON + NOISE, PINNED + REASON]
)
def test_libraries_that_end_are_no_traceback_of_the_submission(text: str) -> None:
    assert not has_traceback(text)


@pytest.mark.parametrize(
    "text",
    [
        BEGIN + OWN + "KeyError: 'order_id'\n",
        BEGIN + MODULE + OWN + ZMQ + "KeyError: 'order_id'\n" + REASON,
        NOISE + BEGIN + ZMQ + OWN + "KeyError: 'order_id'\n",
        # A cell's traceback as IPython writes it, and one whose frames are cut off.
        BEGIN + "Cell In[3], line 1\n----> 1 clean(parts)\nKeyError: 'order_id'\n",
        BEGIN,
    ],
)
def test_a_crash_is_one(text: str) -> None:
    assert has_traceback(text)
