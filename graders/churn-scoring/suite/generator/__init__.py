"""Customers of whom the truth is known: the features, the risk that a law gives them, and a label drawn from it."""

from generator.columns import FEATURES, Feature, Value
from generator.law import LAW, RETRAINED
from generator.population import Customer, draw, hidden_rows, retraining_table, training_table
from generator.tables import Spelling, table

__all__ = [
    "FEATURES",
    "LAW",
    "RETRAINED",
    "Customer",
    "Feature",
    "Spelling",
    "Value",
    "draw",
    "hidden_rows",
    "retraining_table",
    "table",
    "training_table",
]
