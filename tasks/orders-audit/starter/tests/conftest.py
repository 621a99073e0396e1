"""Fixtures: `RUN_SH=/path/run.sh python3 -m pytest tests`. Every test brings its own data."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Analyze = Callable[[Path, Path], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def analyze() -> Analyze:
    """Runs the program on an input and an output folder."""
    path = os.environ.get("RUN_SH")
    if not path:
        pytest.skip("RUN_SH is not set")
    run_sh = Path(path).resolve()

    def run(source: Path, output: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "./run.sh", "analyze", "--input", str(source), "--output", str(output)],
            cwd=run_sh.parent,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
