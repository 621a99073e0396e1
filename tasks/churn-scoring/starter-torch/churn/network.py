"""The network that scores customers."""

from __future__ import annotations

from torch import Tensor, nn


class Network(nn.Module):
    """One hidden layer. It gives log-odds, one for each row."""

    def __init__(self, width: int, hidden: int = 32) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, values: Tensor) -> Tensor:
        found: Tensor = self.layers(values).squeeze(1)
        return found
