"""Executes `analysis.ipynb`. What is wrong with the input ends as exit status 2, anything else as 1."""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

_NOTEBOOK = Path(__file__).resolve().parent.parent / "analysis.ipynb"
_TIMEOUT_SECONDS = 110


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.sh")
    parser.add_argument("command", choices=("analyze",))
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="audit-") as scratch:
        # Jupyter, IPython and matplotlib keep files in the home folder, which may not be writable.
        for variable in (
            "JUPYTER_RUNTIME_DIR",
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "IPYTHONDIR",
            "MPLCONFIGDIR",
        ):
            os.environ[variable] = scratch
        os.environ["AUDIT_INPUT"] = str(options.input.absolute())
        os.environ["AUDIT_OUTPUT"] = str(options.output.absolute())
        return _execute()


def _execute() -> int:
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.read(_NOTEBOOK, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=_TIMEOUT_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(_NOTEBOOK.parent)}},
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
        print(error, file=sys.stderr)
        return 1
    print("notebook executed", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
