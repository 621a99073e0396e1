"""Executes `analysis.ipynb`. Exit 0: done; 2: the input or the arguments cannot be used; 1: anything else."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

NOTEBOOK = Path(__file__).resolve().parent.parent / "analysis.ipynb"
TIMEOUT_SECONDS = 110
# Jupyter, IPython and matplotlib keep files in the home folder, which may not be writable.
HOMES = ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR", "MPLCONFIGDIR")


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.sh")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("analyze", help="clean the exports and answer the questions")
    command.add_argument("--input", type=Path, required=True)
    command.add_argument("--output", type=Path, required=True)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="audit-") as scratch:
        os.environ.update(dict.fromkeys(HOMES, scratch))
        os.environ["AUDIT_INPUT"] = str(chosen.input.absolute())
        os.environ["AUDIT_OUTPUT"] = str(chosen.output.absolute())
        return execute()


def execute() -> int:
    # Jupyter looks at the environment when it is imported.
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    client = NotebookClient(
        nbformat.read(NOTEBOOK, as_version=4),
        timeout=TIMEOUT_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(NOTEBOOK.parent)}},
        extra_arguments=["--HistoryManager.enabled=False"],
        # Asked politely, a kernel often takes some seconds to go, and by then it has nothing left to do.
        shutdown_kernel="immediate",
    )
    try:
        # What a kernel says there when it ends is no word of the analysis; what cells print comes another way.
        client.execute(stderr=subprocess.DEVNULL)
    except CellExecutionError as error:
        if error.ename == "UnusableInput":
            print(f"unusable input: {error.evalue}", file=sys.stderr)
            return 2
        if error.ename == "NotImplementedError":
            print(error.evalue, file=sys.stderr)
            return 2
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
