"""The AUC of a held-out part, without further packages."""

from __future__ import annotations

from collections.abc import Sequence


def auc(scores: Sequence[float], labels: Sequence[int]) -> float:
    """By ranks; ties share theirs."""
    ordered = sorted(range(len(scores)), key=scores.__getitem__)
    ranks = [0.0] * len(scores)
    start = 0
    while start < len(ordered):
        end = start
        while end < len(ordered) and scores[ordered[end]] == scores[ordered[start]]:
            end += 1
        for place in ordered[start:end]:
            ranks[place] = (start + 1 + end) / 2
        start = end
    positives = sum(labels)
    total = sum(rank for rank, label in zip(ranks, labels, strict=True) if label)
    return (total - positives * (positives + 1) / 2) / (positives * (len(labels) - positives))
