"""Columns as the matrix that the booster sees."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.rows import FIELDS, Columns

Categories = dict[str, list[str]]
NULL = "\0null"
NAMES = ["signup_year", "signup_month", *(field.name for field in FIELDS[1:])]
CATEGORICAL = [field.name for field in FIELDS if field.type == "category"]


def learn(columns: Columns) -> Categories:
    """The categories of the training data, null among them where it may be."""
    return {
        name: sorted({NULL if value is None else value for value in columns[name]}) for name in CATEGORICAL
    }


def matrix(columns: Columns, categories: Categories) -> np.ndarray[Any, np.dtype[np.float64]]:
    """One row a customer. A category that was not learned is -1."""
    rows = len(columns["plan"])
    found = np.full((rows, len(NAMES)), np.nan)
    if rows == 0:
        return found
    found[:, 0], found[:, 1] = np.array(columns["signup_date"], dtype=float).T
    for place, field in enumerate(FIELDS[1:], 2):
        values = columns[field.name]
        if field.type == "category":
            codes = {value: code for code, value in enumerate(categories[field.name])}
            values = [codes.get(NULL if value is None else value, -1) for value in values]
        found[:, place] = np.array(values, dtype=float)
    return found
