"""Fits a booster, with the number of trees and the expected AUC from cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np

from app import frame
from app.rows import Columns

_ROUNDS = 200
_FOLDS = 3
_SETTINGS: dict[str, Any] = {
    "objective": "binary",
    "metric": "auc",
    "learning_rate": 0.08,
    "num_leaves": 15,
    "min_data_in_leaf": 40,
    "lambda_l2": 1.0,
    "cat_smooth": 20.0,
    "feature_fraction": 0.8,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}


@dataclass(frozen=True)
class Outcome:
    booster: lightgbm.Booster
    categories: frame.Categories
    threshold: float
    auc: float
    trees: int


def fit(columns: Columns, labels: Sequence[int], groups: Sequence[int], seed: int) -> Outcome:
    """Rows of one group are copies of one customer, and stay in one fold."""
    categories = frame.learn(columns)
    values, target = frame.matrix(columns, categories), np.array(labels, dtype=float)
    data = lightgbm.Dataset(
        values, target, feature_name=frame.NAMES, categorical_feature=frame.CATEGORICAL, free_raw_data=False
    )
    settings = {**_SETTINGS, "seed": seed}
    history = lightgbm.cv(
        settings,
        data,
        num_boost_round=_ROUNDS,
        folds=_folds(np.array(groups), seed),
        callbacks=[lightgbm.early_stopping(30, verbose=False)],
    )
    aucs = history["valid auc-mean"]
    booster = lightgbm.train(settings, data, num_boost_round=len(aucs))
    return Outcome(booster, categories, float(target.mean()), float(aucs[-1]), len(aucs))


def _folds(groups: Any, seed: int) -> list[tuple[Any, Any]]:
    fold_of_group = np.random.default_rng(seed).integers(_FOLDS, size=groups.max() + 1)
    folds = fold_of_group[groups]
    return [(np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)) for fold in range(_FOLDS)]
