"""The model folder: what `train` writes, and what is checked before any of it is read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import skops.io
from skops.io.exceptions import UntrustedTypesFoundException

from churn.encoding import Encoding
from churn.schema import Row
from churn.training import Fitted

NAME = "churn-boosting"
_MODEL = "model.skops"
_SERVING = "serving.json"
_NEEDED = (_MODEL, _SERVING)
_NOT_LISTED = ("manifest.json", "metrics.json", "MODEL_CARD.md")
# What skops does not know by itself.
_TRUSTED = ["sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]
_DISTRIBUTIONS = ("numpy", "scikit-learn", "skops")


class UnusableModel(Exception):
    """A folder from which no model is loaded."""


@dataclass(frozen=True)
class Model:
    """A fitted model, ready to score."""

    estimator: Any
    encoding: Encoding
    serving: dict[str, Any]
    metrics: dict[str, float]

    @property
    def threshold(self) -> float:
        return float(self.serving["threshold"])

    def score(self, rows: list[Row]) -> list[tuple[float, int]]:
        """The probability and the label of each row."""
        if not rows:
            return []
        scores = self.estimator.predict_proba(self.encoding.apply(rows))[:, 1].tolist()
        return [(score, int(score >= self.threshold)) for score in scores]


def save(folder: Path, fitted: Fitted, data: bytes, seed: int) -> None:
    """Writes the folder; the manifest last."""
    folder.mkdir(exist_ok=True)
    data_sha256 = hashlib.sha256(data).hexdigest()
    serving = {
        "name": NAME,
        "version": f"{data_sha256[:10]}-{seed}",
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "threshold": fitted.threshold,
        "categories": fitted.encoding.categories,
    }
    skops.io.dump(fitted.estimator, folder / _MODEL)
    (folder / _SERVING).write_text(json.dumps(serving, indent=1), encoding="utf-8")
    (folder / "metrics.json").write_text(json.dumps(fitted.metrics, indent=1), encoding="utf-8")
    (folder / "MODEL_CARD.md").write_text(_card(serving, fitted.metrics), encoding="utf-8")
    manifest = {
        "files": {path.name: _digest(path) for path in sorted(folder.iterdir())},
        "versions": {name: version(name) for name in _DISTRIBUTIONS},
        "data_sha256": data_sha256,
        "seed": seed,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def load(folder: Path) -> Model:
    """Compares every file with the manifest, then loads."""
    try:
        _verify(folder)
        serving = json.loads((folder / _SERVING).read_bytes())
        metrics = json.loads((folder / "metrics.json").read_bytes())
        estimator = skops.io.load(folder / _MODEL, trusted=_TRUSTED)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, UntrustedTypesFoundException) as error:
        raise UnusableModel(f"{type(error).__name__}: {error}") from error
    return Model(estimator, Encoding(serving["categories"]), serving, metrics)


def _verify(folder: Path) -> None:
    files = json.loads((folder / "manifest.json").read_bytes())["files"]
    for name, digest in files.items():
        if _digest(folder / name) != digest:
            raise UnusableModel(f"{name} is not the file that was trained")
    present = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    for name in sorted(present.union(_NEEDED) - set(_NOT_LISTED)):
        if name not in files:
            raise UnusableModel(f"{name} is not in the manifest")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _card(serving: dict[str, Any], metrics: dict[str, float]) -> str:
    return f"""# {serving["name"]} {serving["version"]}

Gradient boosting on twelve features that are known when a prediction is asked for. Trained {serving["trained_at"]} on {metrics["customers"]:.0f} customers.

- Expected AUC on unseen customers: {metrics["auc"]:.4f} (three folds). Brier score: {metrics["brier"]:.4f}.
- At the threshold {serving["threshold"]:.4f}, the best F1 out of fold, {metrics["share_flagged"]:.1%} of the customers are flagged.
- Not used: `closure_code`, which is filled in afterwards, and the id.
- Not for: customers of other markets than those of the training data, or decisions without a person.
"""
