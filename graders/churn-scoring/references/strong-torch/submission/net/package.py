"""The model folder, written and read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from net.learn import Scorer, Weights
from net.record import Record
from net.vector import Recipe, vector

_LISTED = ("network.json", "recipe.json")
_FREE = {"manifest.json", "metrics.json", "MODEL_CARD.md"}


class NoModel(Exception):
    """The folder does not hold what was trained."""


class Model:
    """Scores records."""

    def __init__(self, weights: Weights, recipe: Recipe, metrics: dict[str, Any]) -> None:
        self._scorer = Scorer(weights)
        self._recipe = recipe
        self.about = recipe["about"]
        self.metrics = metrics

    def score(self, records: Sequence[Record]) -> list[tuple[float, int]]:
        probabilities = self._scorer.score([vector(record, self._recipe) for record in records])
        return [(p, 1 if p >= self.about["threshold"] else 0) for p in probabilities]


def save(
    folder: Path, weights: Weights, recipe: Recipe, auc: float, threshold: float, data: bytes, seed: int
) -> None:
    folder.mkdir(exist_ok=True)
    digest = hashlib.sha256(data).hexdigest()
    about = {
        "name": "churn-network",
        "version": f"net-{digest[:10]}-{seed}",
        "trained_at": datetime.now(UTC).isoformat(),
        "threshold": threshold,
    }
    _write(folder / "network.json", weights)
    _write(folder / "recipe.json", {**recipe, "about": about})
    _write(folder / "metrics.json", {"auc": auc})
    (folder / "MODEL_CARD.md").write_text(
        f"# {about['version']}\n\nA network of two hidden layers. Expected AUC on unseen customers: {auc:.4f}, on a fifth that was held "
        f"out. Threshold: {threshold}, the share of churners in training.\n\nNot used: the id, and `closure_code`, which comes too late.\n",
        encoding="utf-8",
    )
    manifest = {
        "files": {name: _digest(folder / name) for name in _LISTED},
        "versions": {"torch": torch.__version__},
        "data_sha256": digest,
        "seed": seed,
    }
    _write(folder / "manifest.json", manifest)


def load(folder: Path) -> Model:
    try:
        files = json.loads((folder / "manifest.json").read_bytes())["files"]
        present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
        unlisted = (present | set(_LISTED)) - _FREE - set(files)
        changed = [name for name, digest in files.items() if _digest(folder / name) != digest]
        if unlisted or changed:
            raise NoModel(f"not listed: {sorted(unlisted)}, changed: {changed}")
        weights, recipe, metrics = (
            json.loads((folder / name).read_bytes()) for name in (*_LISTED, "metrics.json")
        )
        return Model(weights, recipe, metrics)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise NoModel(f"{type(error).__name__}: {error}") from error


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
