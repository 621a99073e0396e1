"""The analysis, from the exports to the outputs."""

from __future__ import annotations

from pathlib import Path

from audit.errors import UnusableInput


def analyze(source: Path, target: Path) -> None:
    """Reads the exports in `source` and writes all outputs into `target`."""
    if not source.is_dir():
        raise UnusableInput(f"{source} is no folder")
    raise NotImplementedError("not implemented")
