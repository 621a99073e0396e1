"""Outputs appear whole or not at all: they are written to a folder beside their places and then renamed."""

import os
import shutil
from pathlib import Path

_FOLDER = ".staging"


class Staging:
    """A folder within the output folder, so that a rename stays on one file system."""

    def __init__(self, output: Path) -> None:
        self._output = output
        self._folder = output / _FOLDER
        self._names: list[str] = []

    def __enter__(self) -> "Staging":
        # What a killed run left is of no use.
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def path(self, name: str) -> Path:
        """Where the output of this name is to be written."""
        self._names.append(name)
        path = self._folder / name
        path.parent.mkdir(exist_ok=True)
        return path

    def publish(self) -> None:
        for name in self._names:
            target = self._output / name
            target.parent.mkdir(exist_ok=True)
            os.replace(self._folder / name, target)
