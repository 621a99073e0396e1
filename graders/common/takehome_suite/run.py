"""The run file that the orchestrator writes for the examiner, and what one phase leaves for the next."""

import hashlib
import json
import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RUN_VARIABLE = "TAKEHOME_RUN"
DEFAULT_RUN_FILE = "/grader/run.json"
FORMAT = 1


@dataclass(frozen=True)
class Run:
    """One run of one suite against one submission. Paths are as the examiner sees them."""

    seed: int
    phase: str
    base_urls: tuple[str, ...]
    instances: dict[str, str]
    pricing_url: str
    pricing_control: str
    openapi: Path
    data_dir: Path
    state_dir: Path
    logs: dict[str, Path]
    facts: Path
    app_secret: str
    budget_seconds: float
    input_dir: Path
    output_dir: Path
    small_dir: Path
    models_dir: Path
    altered_dir: Path
    trainings: int
    ask: str

    def random(self, purpose: str) -> random.Random:
        """A generator that depends on the seed and the purpose only, never on the order of the tests."""
        digest = hashlib.sha256(f"{self.seed}/{purpose}".encode()).digest()
        return random.Random(int.from_bytes(digest, "big"))


def load_run(path: str | None = None) -> Run:
    """Reads the run file named by the argument, else by the environment, else the default one."""
    source = Path(path or os.environ.get(RUN_VARIABLE, DEFAULT_RUN_FILE))
    raw: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    if raw.get("format") != FORMAT:
        raise ValueError(f"{source}: format {raw.get('format')!r} is not {FORMAT}")
    return Run(
        seed=int(raw["seed"]),
        phase=str(raw["phase"]),
        base_urls=tuple(str(url) for url in raw["base_urls"]),
        instances={str(name): str(url) for name, url in raw.get("instances", {}).items()},
        pricing_url=str(raw.get("pricing_url", "")),
        pricing_control=str(raw.get("pricing_control", "")),
        openapi=Path(raw["openapi"]),
        data_dir=Path(raw.get("data_dir", "/nonexistent")),
        state_dir=Path(raw["state_dir"]),
        logs={str(name): Path(file) for name, file in raw.get("logs", {}).items()},
        facts=Path(raw.get("facts", "/nonexistent")),
        app_secret=str(raw.get("app_secret", "")),
        budget_seconds=float(raw.get("budget_seconds", 150.0)),
        input_dir=Path(raw.get("input_dir", "/nonexistent")),
        output_dir=Path(raw.get("output_dir", "/nonexistent")),
        small_dir=Path(raw.get("small_dir", "/nonexistent")),
        models_dir=Path(raw.get("models_dir", "/nonexistent")),
        altered_dir=Path(raw.get("altered_dir", "/nonexistent")),
        trainings=int(raw.get("trainings", 0)),
        ask=str(raw.get("ask", "")),
    )


class State:
    """What the live phase leaves for the after phase: one JSON object, saved at each change.

    Saving at once keeps the notes also when the phase is ended from outside.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "live.json"
        self._values: dict[str, Any] = {}
        if self._file.is_file():
            self._values = json.loads(self._file.read_text(encoding="utf-8"))

    def get(self, key: str, default: Any = None) -> Any:
        """The value noted under the key."""
        return self._values.get(key, default)

    def note(self, key: str, value: Any) -> None:
        """Keeps a JSON value under the key."""
        self._values[key] = value
        self._save()

    def add(self, key: str, value: Any) -> None:
        """Appends a JSON value to the list under the key, once."""
        values = self._values.setdefault(key, [])
        if value not in values:
            values.append(value)
            self._save()

    def _save(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        partial = self._file.with_suffix(".partial")
        partial.write_text(json.dumps(self._values), encoding="utf-8")
        partial.replace(self._file)
