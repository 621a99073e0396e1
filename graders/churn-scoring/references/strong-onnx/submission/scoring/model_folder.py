"""The model folder: verified as a whole, then opened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnxruntime

from scoring.customer import Customer
from scoring.features import encode

FILES = ("model.onnx", "encoder.json", "about.json", "metrics.json", "MODEL_CARD.md")


class Refusal(Exception):
    """Why a folder is not opened."""


@dataclass(frozen=True)
class OpenModel:
    session: onnxruntime.InferenceSession
    encoder: dict[str, list[str]]
    about: dict[str, Any]
    metrics: dict[str, Any]

    def score(self, customers: Sequence[Customer]) -> list[tuple[float, int]]:
        if not customers:
            return []
        (scores,) = self.session.run(["probabilities"], {"features": encode(customers, self.encoder)})
        threshold = self.about["threshold"]
        # A sum of float32 may come out a little above one.
        return [(p, int(p >= threshold)) for p in scores[:, 1].astype(float).clip(0.0, 1.0).tolist()]


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_model(folder: Path) -> OpenModel:
    """Raises `Refusal` for a folder that is not as it was written."""
    try:
        stated = json.loads((folder / "manifest.json").read_bytes())["files"]
        if set(stated) != set(FILES):
            raise Refusal("the manifest is not complete")
        for name in FILES:
            if sha256(folder / name) != stated[name]:
                raise Refusal(f"{name} is not as it was written")
        encoder, about, metrics = (
            json.loads((folder / name).read_bytes())
            for name in ("encoder.json", "about.json", "metrics.json")
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            (folder / "model.onnx").read_bytes(), options, providers=["CPUExecutionProvider"]
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refusal(f"{type(error).__name__}: {error}") from error
    return OpenModel(session, encoder, about, metrics)
