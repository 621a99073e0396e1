"""Training a model, and scoring a file with it."""

from __future__ import annotations

from pathlib import Path


def train(data: Path, out: Path, seed: int) -> None:
    """Fits a model on the customers in `data` and writes the folder `out`."""
    raise NotImplementedError("not implemented")


def predict(model: Path, source: Path, target: Path) -> None:
    """Scores the customers in `source` with the model in the folder, and writes `target`."""
    raise NotImplementedError("not implemented")
