"""The network: how it is trained, and how it scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

_HIDDEN = (32, 16)
_EPOCHS = 14
_BATCH = 256
_RATE = 4e-3
_DECAY = 2e-4
Weights = list[dict[str, Any]]


def train(vectors: Sequence[Sequence[float]], labels: Sequence[int], seed: int) -> Weights:
    """The weights of each layer, as lists of numbers."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    values = torch.tensor(vectors, dtype=torch.float32)
    target = torch.tensor(labels, dtype=torch.float32)
    network = _network(values.shape[1])
    optimizer = torch.optim.Adam(network.parameters(), lr=_RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, _EPOCHS)
    loss_of = nn.BCEWithLogitsLoss()
    for _ in range(_EPOCHS):
        for picked in torch.randperm(len(values)).split(_BATCH):
            optimizer.zero_grad()
            loss_of(network(values[picked]).squeeze(1), target[picked]).backward()
            optimizer.step()
        schedule.step()
    layers = [layer for layer in network if isinstance(layer, nn.Linear)]
    return [{"weight": layer.weight.tolist(), "bias": layer.bias.tolist()} for layer in layers]


def _network(width: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for size in _HIDDEN:
        layers += [nn.Linear(width, size), nn.ReLU(), nn.Dropout(0.1)]
        width = size
    return nn.Sequential(*layers, nn.Linear(width, 1))


class Scorer:
    """The trained network, in double precision."""

    def __init__(self, weights: Weights) -> None:
        torch.set_num_threads(1)
        self._layers = [
            (
                torch.tensor(layer["weight"], dtype=torch.float64),
                torch.tensor(layer["bias"], dtype=torch.float64),
            )
            for layer in weights
        ]

    def score(self, vectors: Sequence[Sequence[float]]) -> list[float]:
        """A probability for each vector."""
        if not vectors:
            return []
        with torch.no_grad():
            values = torch.tensor(vectors, dtype=torch.float64)
            *hidden, (weight, bias) = self._layers
            for inner_weight, inner_bias in hidden:
                values = torch.relu(nn.functional.linear(values, inner_weight, inner_bias))
            found: list[float] = torch.sigmoid(nn.functional.linear(values, weight, bias)).squeeze(1).tolist()
        return found
