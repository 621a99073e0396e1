"""Rows as numbers. What is learned from the training data (the categories) is all in `Encoding`, and stored as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from churn.schema import FEATURES, Row

_NULL = 0.0
_UNSEEN = 1.0
_FIRST = 2


@dataclass(frozen=True)
class Encoding:
    """For each category column, the known categories in order."""

    categories: dict[str, list[str]]

    @classmethod
    def learn(cls, rows: Sequence[Row]) -> Encoding:
        found = {}
        for place, feature in enumerate(FEATURES):
            if feature.type == "category":
                found[feature.name] = sorted({str(row[place]) for row in rows if row[place] is not None})
        return cls(found)

    def apply(self, rows: Sequence[Row]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """One column a feature; of the date, the year and the month."""
        columns: list[list[float]] = []
        for place, feature in enumerate(FEATURES):
            values = [row[place] for row in rows]
            if feature.type == "date":
                columns.append([float(str(value)[:4]) for value in values])
                columns.append([float(str(value)[5:7]) for value in values])
            elif feature.type == "category":
                codes: dict[Any, float] = {
                    name: float(code) for code, name in enumerate(self.categories[feature.name], _FIRST)
                }
                codes[None] = _NULL
                columns.append([codes.get(value, _UNSEEN) for value in values])
            else:
                columns.append([np.nan if value is None else float(value) for value in values])
        return np.array(columns, dtype=np.float64).T.reshape(len(rows), len(columns))
