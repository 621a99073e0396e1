"""Reads and writes the model folder."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import xgboost

from retention.contract import floats

TREES, ENCODING = "trees.json", "encoding.json"
_BESIDE = frozenset({"manifest.json", "metrics.json", "MODEL_CARD.md"})


class Unverified(Exception):
    """The folder is not what training wrote."""


class Model:
    def __init__(self, booster: xgboost.Booster, encoding: dict[str, Any], metrics: dict[str, Any]) -> None:
        booster.set_param({"nthread": 1})
        self._booster = booster
        self._categories = encoding["categories"]
        self._turn = threading.Lock()
        self.about = encoding["about"]
        self.metrics = metrics

    def score(self, rows: Sequence[dict[str, Any]]) -> list[tuple[float, int]]:
        """(probability, label) of checked rows."""
        if not rows:
            return []
        values = np.array([floats(row, self._categories) for row in rows], dtype=np.float32)
        with self._turn:
            scores = self._booster.inplace_predict(values)
        threshold = self.about["threshold"]
        return [(score, int(score >= threshold)) for score in scores.astype(float).tolist()]


def write(
    folder: Path,
    booster: xgboost.Booster,
    categories: dict[str, Any],
    auc: float,
    threshold: float,
    data: bytes,
    seed: int,
) -> None:
    folder.mkdir(exist_ok=True)
    digest = hashlib.sha256(data).hexdigest()
    about = {
        "name": "retention",
        "version": f"xgb.{digest[:9]}.{seed}",
        "trained_at": datetime.now(UTC).isoformat(),
        "threshold": threshold,
    }
    booster.save_model(folder / TREES)
    (folder / ENCODING).write_bytes(orjson.dumps({"about": about, "categories": categories}))
    (folder / "metrics.json").write_bytes(orjson.dumps({"auc": auc}))
    (folder / "MODEL_CARD.md").write_text(
        f"# {about['version']}\n\nGradient boosted trees. Expected AUC on unseen customers {auc:.4f}, by cross-validation grouped by "
        f"customer. Customers at or above {threshold:.4f} are labelled 1.\n\nThe id and `closure_code` are not used.\n",
        encoding="utf-8",
    )
    manifest = {
        "files": {name: _sha256(folder / name) for name in (TREES, ENCODING, "metrics.json")},
        "versions": {name: version(name) for name in ("xgboost-cpu", "numpy", "polars")},
        "data_sha256": digest,
        "seed": seed,
    }
    (folder / "manifest.json").write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))


def load(folder: Path) -> Model:
    try:
        stated: dict[str, str] = orjson.loads((folder / "manifest.json").read_bytes())["files"]
        actual = {
            path.relative_to(folder).as_posix(): _sha256(path) for path in folder.rglob("*") if path.is_file()
        }
        needed = (actual.keys() - _BESIDE) | {TREES, ENCODING}
        if needed - stated.keys() or any(actual.get(name) != digest for name, digest in stated.items()):
            raise Unverified("files and manifest do not agree")
        encoding = orjson.loads((folder / ENCODING).read_bytes())
        metrics = orjson.loads((folder / "metrics.json").read_bytes())
        booster = xgboost.Booster(model_file=folder / TREES)
        return Model(booster, encoding, metrics)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, xgboost.core.XGBoostError) as error:
        raise Unverified(f"{type(error).__name__}: {error}") from error


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
