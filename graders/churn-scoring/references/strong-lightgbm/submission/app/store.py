"""Writes a model folder, and opens one only if it is what was written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import lightgbm
import orjson

from app.fit import Outcome
from app.frame import matrix
from app.rows import Columns

BOOSTER, SETTINGS = "booster.txt", "settings.json"
_UNLISTED = {"manifest.json", "metrics.json", "MODEL_CARD.md"}


class Unusable(Exception):
    """The folder is not used; the message says why."""


@dataclass(frozen=True)
class Scorer:
    booster: lightgbm.Booster
    settings: dict[str, Any]
    metrics: dict[str, Any]

    @property
    def version(self) -> str:
        return str(self.settings["version"])

    def score(self, columns: Columns) -> list[float]:
        """One probability a row; one thread, as requests come side by side."""
        values = matrix(columns, self.settings["categories"])
        if not len(values):
            return []
        found: list[float] = self.booster.predict(values, num_threads=1).tolist()
        return found

    def label(self, probability: float) -> int:
        return int(probability >= self.settings["threshold"])


def write(folder: Path, outcome: Outcome, data: bytes, seed: int) -> None:
    folder.mkdir(exist_ok=True)
    digest = hashlib.sha256(data).hexdigest()
    settings = {
        "name": "churn-lightgbm",
        "version": f"lgb-{digest[:8]}-s{seed}",
        "trained_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "threshold": outcome.threshold,
        "categories": outcome.categories,
    }
    outcome.booster.save_model(folder / BOOSTER)
    (folder / SETTINGS).write_bytes(orjson.dumps(settings))
    manifest = {
        "files": {name: _sha256(folder / name) for name in (BOOSTER, SETTINGS)},
        "versions": {name: version(name) for name in ("lightgbm", "numpy")},
        "data_sha256": digest,
        "seed": seed,
    }
    (folder / "metrics.json").write_bytes(orjson.dumps({"auc": outcome.auc, "trees": outcome.trees}))
    card = (
        f"# {settings['version']}\n\n{outcome.trees} LightGBM trees. Expected AUC on unseen customers: {outcome.auc:.4f}, by "
        "cross-validation with copies of a customer in one fold.\n\nThe threshold is the churn rate of the training data. "
        "Neither the customer's id nor `closure_code` is used: the latter is only known afterwards.\n"
    )
    (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8")
    (folder / "manifest.json").write_bytes(orjson.dumps(manifest))


def open_folder(folder: Path) -> Scorer:
    try:
        manifest = orjson.loads((folder / "manifest.json").read_bytes())
        listed = dict(manifest["files"])
        there = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}
        if strange := (there | {BOOSTER, SETTINGS}) - _UNLISTED - listed.keys():
            raise Unusable(f"not in the manifest: {', '.join(sorted(strange))}")
        for name, digest in listed.items():
            if _sha256(folder / name) != digest:
                raise Unusable(f"{name} was changed")
        settings = orjson.loads((folder / SETTINGS).read_bytes())
        metrics = orjson.loads((folder / "metrics.json").read_bytes())
        booster = lightgbm.Booster(model_file=folder / BOOSTER)
    except (OSError, ValueError, KeyError, TypeError, lightgbm.basic.LightGBMError) as error:
        raise Unusable(str(error)) from error
    return Scorer(booster, settings, metrics)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
