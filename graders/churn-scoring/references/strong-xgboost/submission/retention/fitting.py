"""Fits the trees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xgboost
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from retention.contract import floats, learned

_TREES = 70
_SETTINGS: dict[str, Any] = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "max_depth": 4,
    "eta": 0.14,
    "min_child_weight": 15,
    "subsample": 0.8,
    "colsample_bytree": 0.6,
    "lambda": 3.0,
    "nthread": 1,
}


def fit(
    rows: Sequence[dict[str, Any]], labels: Sequence[int], customers: Sequence[str], seed: int
) -> tuple[xgboost.Booster, dict[str, Any], float]:
    """The trees, the categories, and the AUC to expect."""
    categories = learned(rows)
    values = np.array([floats(row, categories) for row in rows], dtype=np.float32)
    target = np.array(labels)
    settings = {**_SETTINGS, "seed": seed}
    aucs = []
    folds = StratifiedGroupKFold(3, shuffle=True, random_state=seed)
    for rest, held in folds.split(values, target, customers):
        trees = xgboost.train(settings, xgboost.DMatrix(values[rest], target[rest]), _TREES)
        aucs.append(roc_auc_score(target[held], trees.inplace_predict(values[held])))
    return xgboost.train(settings, xgboost.DMatrix(values, target), _TREES), categories, float(np.mean(aucs))
