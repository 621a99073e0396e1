"""Fits the model, and says what it will be worth on customers it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from churn.encoding import Encoding
from churn.schema import Row
from churn.tables import InvalidTable

_FOLDS = 3


@dataclass(frozen=True)
class Fitted:
    """A model, and what is known about it."""

    estimator: Any
    encoding: Encoding
    threshold: float
    metrics: dict[str, float]


def fit(rows: Sequence[Row], labels: Sequence[int], seed: int) -> Fitted:
    """The rows are of different customers: repeated ones were dropped."""
    if set(labels) != {0, 1}:
        raise InvalidTable("training data need both classes, 0 and 1")
    encoding = Encoding.learn(rows)
    values, target = encoding.apply(rows), np.array(labels)
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    out_of_fold = cross_val_predict(_estimator(seed), values, target, cv=folds, method="predict_proba")[:, 1]
    threshold = _best_threshold(out_of_fold, target)
    fold_aucs = [roc_auc_score(target[test], out_of_fold[test]) for _, test in folds.split(values, target)]
    metrics = {
        "auc": float(np.mean(fold_aucs)),
        "brier": float(brier_score_loss(target, out_of_fold)),
        "share_flagged": float(np.mean(out_of_fold >= threshold)),
        "customers": float(len(rows)),
    }
    return Fitted(_estimator(seed).fit(values, target), encoding, threshold, metrics)


def _estimator(seed: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=90,
        learning_rate=0.1,
        max_leaf_nodes=12,
        min_samples_leaf=40,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    )


def _best_threshold(scores: Any, target: Any) -> float:
    """The threshold with the best F1 out of fold."""
    order = np.argsort(-scores)
    found = np.cumsum(target[order])
    f1 = 2 * found / (np.arange(1, len(target) + 1) + target.sum())
    return float(scores[order][int(np.argmax(f1))])
