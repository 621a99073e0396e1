"""The grader's baseline: a logistic regression on the plain columns, fitted once to `train.csv`.

The floor of the brief is its AUC on unseen customers less 0.02. `python3 baseline.py` fits it again and writes `baseline.json`.
"""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from generator.columns import FEATURES, Value
from generator.law import probability
from generator.population import Customer, hidden_rows, training_customers
from statistic import auc_interval, deviation

FLOOR = 0.77
_FILE = Path(__file__).with_name("baseline.json")
_RIDGE = 1.0
_ROUNDS = 8

Weights = Mapping[str, float]


def scores(rows: Sequence[Customer]) -> list[float]:
    """The baseline's log-odds."""
    model = json.loads(_FILE.read_text(encoding="utf-8"))
    return [_score(encode(row.features, model["scales"]), model["weights"]) for row in rows]


def encode(features: Mapping[str, Value], scales: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Numbers standardised, the mean where they are missing; everything else one column a value. The date is left out."""
    found = {"": 1.0}
    for feature in FEATURES:
        value = features[feature.name]
        if feature.type in ("number", "integer"):
            mean, spread = scales[feature.name]
            assert value is None or isinstance(value, int | float)
            found[feature.name] = 0.0 if value is None else (value - mean) / spread
        elif feature.type != "date":
            found[f"{feature.name}={value}"] = 1.0
    return found


def _score(row: Weights, weights: Weights) -> float:
    return sum(weights.get(name, 0.0) * value for name, value in row.items())


def fit(rows: Sequence[Customer]) -> dict[str, Any]:
    """By Newton's method with a small ridge."""
    scales: dict[str, list[float]] = {}
    for feature in FEATURES:
        if feature.type in ("number", "integer"):
            known = [float(value) for row in rows if (value := row.features[feature.name]) is not None]
            scales[feature.name] = [sum(known) / len(known), deviation(known)]
    encoded = [encode(row.features, scales) for row in rows]
    names = sorted({name for row in encoded for name in row})
    place = {name: number for number, name in enumerate(names)}
    sparse = [[(place[name], value) for name, value in row.items()] for row in encoded]
    weights = [0.0] * len(names)
    for _ in range(_ROUNDS):
        slope = [-_RIDGE * weight for weight in weights]
        curve = [[_RIDGE * (i == j) for j in range(len(names))] for i in range(len(names))]
        for row, customer in zip(sparse, rows, strict=True):
            p = probability(sum(weights[i] * value for i, value in row))
            for i, value in row:
                slope[i] += (customer.label - p) * value
                for j, other in row:
                    curve[i][j] += p * (1.0 - p) * value * other
        weights = [weight + step for weight, step in zip(weights, _solved(curve, slope), strict=True)]
    rounded = {name: round(weight, 5) for name, weight in zip(names, weights, strict=True)}
    return {
        "scales": {name: [round(x, 5) for x in pair] for name, pair in scales.items()},
        "weights": rounded,
    }


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gauss; the ridge keeps the matrix positive definite, so no pivot is needed."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i, pivot in enumerate(rows):
        for row in rows[i + 1 :]:
            factor = row[i] / pivot[i]
            for j in range(i, len(row)):
                row[j] -= factor * pivot[j]
    found = [0.0] * len(rows)
    for i in range(len(rows) - 1, -1, -1):
        known = sum(rows[i][j] * found[j] for j in range(i + 1, len(rows)))
        found[i] = (rows[i][-1] - known) / rows[i][i]
    assert all(map(math.isfinite, found))
    return found


def main() -> None:
    _FILE.write_text(json.dumps(fit(training_customers()), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    rows = hidden_rows(0, 50_000, purpose="baseline")
    labels = [row.label for row in rows]
    print("baseline", auc_interval(scores(rows), labels))
    print("law     ", auc_interval([row.z for row in rows], labels))


if __name__ == "__main__":
    main()
