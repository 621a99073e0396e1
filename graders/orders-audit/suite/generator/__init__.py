"""Seeded data sets of `orders-audit` with their expected results, which come from the truth and never from the text."""

from generator.dataset import DataSet, generate
from generator.expected import Expected
from generator.profiles import PROFILES

__all__ = ["PROFILES", "DataSet", "Expected", "generate"]
