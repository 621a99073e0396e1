"""Statistics on lists: AUC with DeLong's interval, ROC points, calibration, percentiles. Plain Python: fast enough for some thousand rows."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

Z95 = 1.959964


@dataclass(frozen=True)
class Auc:
    """An AUC and its two-sided 95 % interval."""

    value: float
    low: float
    high: float


def auc(scores: Sequence[float], labels: Sequence[int]) -> float:
    """The probability that a positive has the higher score, ties counting half."""
    return auc_interval(scores, labels).value


def auc_interval(scores: Sequence[float], labels: Sequence[int]) -> Auc:
    """By DeLong, DeLong and Clarke-Pearson (1988): the variance is that of the placements of each class in the other."""
    positives = sorted(score for score, label in zip(scores, labels, strict=True) if label)
    negatives = sorted(score for score, label in zip(scores, labels, strict=True) if not label)
    above = [_placement(score, negatives) for score in positives]
    below = [1.0 - _placement(score, positives) for score in negatives]
    value = sum(above) / len(above)
    error = math.sqrt(_variance(above) / len(above) + _variance(below) / len(below))
    return Auc(value, max(value - Z95 * error, 0.0), min(value + Z95 * error, 1.0))


def _placement(score: float, others: Sequence[float]) -> float:
    return (bisect_left(others, score) + bisect_right(others, score)) / (2 * len(others))


def _variance(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / max(len(values) - 1, 1)


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean and its two-sided 95 % interval."""
    mean = sum(values) / len(values)
    error = Z95 * math.sqrt(_variance(values) / len(values))
    return mean, mean - error, mean + error


def deviation(values: Sequence[float]) -> float:
    """The standard deviation."""
    return math.sqrt(_variance(values))


def roc(scores: Sequence[float], labels: Sequence[int], points: int = 100) -> list[tuple[float, float]]:
    """(false positive rate, true positive rate) from (0, 0) to (1, 1), thinned out to about as many points."""
    ordered = sorted(zip(scores, labels, strict=True), key=lambda pair: -pair[0])
    positives = sum(labels) or 1
    negatives = len(labels) - sum(labels) or 1
    found, true, false, taken = [(0.0, 0.0)], 0, 0, 0
    step = max(len(ordered) // points, 1)
    for _, tied in groupby(ordered, key=lambda pair: pair[0]):
        for _, label in tied:
            true, false, taken = true + label, false + 1 - label, taken + 1
        if taken >= len(found) * step:
            found.append((round(false / negatives, 6), round(true / positives, 6)))
    if found[-1] != (1.0, 1.0):
        found.append((1.0, 1.0))
    return found


@dataclass(frozen=True)
class Bin:
    """Customers of about the same predicted risk. The interval of the observed share is Wilson's."""

    count: int
    predicted: float
    observed: float
    low: float
    high: float


def calibration(scores: Sequence[float], labels: Sequence[int], bins: int = 10) -> list[Bin]:
    """Bins of equal size, by predicted risk."""
    ordered = sorted(zip(scores, labels, strict=True))
    found = []
    for number in range(bins):
        part = ordered[number * len(ordered) // bins : (number + 1) * len(ordered) // bins]
        if part:
            successes = sum(label for _, label in part)
            low, high = wilson(successes, len(part))
            predicted = sum(score for score, _ in part) / len(part)
            found.append(Bin(len(part), predicted, successes / len(part), low, high))
    return found


def wilson(successes: int, count: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share."""
    share, square = successes / count, Z95 * Z95
    centre = share + square / (2 * count)
    half = Z95 * math.sqrt(share * (1 - share) / count + square / (4 * count * count))
    return (centre - half) / (1 + square / count), (centre + half) / (1 + square / count)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(max(math.ceil(share * len(ordered)) - 1, 0), len(ordered) - 1)]
