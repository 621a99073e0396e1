"""Runs a submission in processes of a virtual environment: `runner.Runner` for `compare.py`."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import time
from contextlib import suppress
from itertools import count
from pathlib import Path

from runner import ENDED, Predicted, Trained

_TRAIN_SECONDS = 300.0
_PREDICT_SECONDS = 60.0
_LOG_BYTES = 64 << 10


class NativeService:
    """`runner.Service` as a process group."""

    def __init__(self, name: str, submission: Path, environment: dict[str, str], log: Path) -> None:
        self.name = name
        self.base_url = f"http://127.0.0.1:{environment['PORT']}"
        self._submission = submission
        self._environment = environment
        self._log = log
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                ["sh", "./run.sh", "serve"],
                cwd=self._submission,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        _kill_group(self._process)

    def stop(self, limit: float = 10.0) -> float | None:
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(limit)
        except subprocess.TimeoutExpired:
            self.kill()
            return None
        seconds = time.monotonic() - began
        self.kill()
        return seconds

    def restart(self) -> None:
        assert not self.alive()
        self._process = self._start()

    def log(self) -> str:
        return self._log.read_bytes()[-_LOG_BYTES:].decode("utf-8", "replace")


class NativeRunner:
    """Starts a submission as the brief says: in its own folder, with little in the environment."""

    def __init__(self, submission: Path, venv: Path, place: Path) -> None:
        self._submission = submission
        self._place = place
        self._numbers = count()
        self._services: list[NativeService] = []
        self._environment = {
            "PATH": f"{venv}/bin:/usr/bin:/bin",
            "HOME": "/nonexistent",
            "PYTHONDONTWRITEBYTECODE": "1",
            "LC_ALL": "C.UTF-8",
            # On a machine that does other things, threads that wait for each other take longest.
            **{name: os.environ[name] for name in ("OMP_NUM_THREADS",) if name in os.environ},
        }

    def inputs(self) -> Path:
        return self._new("inputs")

    def models(self) -> Path:
        return self._new("models")

    def _new(self, kind: str) -> Path:
        folder = self._place / f"{kind}-{next(self._numbers)}"
        folder.mkdir()
        return folder

    def train(self, data: Path, *, seed: int, **environment: str) -> Trained:
        model = self._new("trained") / "model"
        arguments = ["train", "--data", str(data), "--out", str(model), "--seed", str(seed)]
        status, seconds, log = self._run(arguments, _TRAIN_SECONDS, environment)
        return Trained(status, seconds, log, model)

    def predict(self, model: Path, rows: Path, *, existing: bytes | None = None) -> Predicted:
        output = self._new("predicted") / "preds.csv"
        if existing is not None:
            output.write_bytes(existing)
        arguments = ["predict", "--model", str(model), "--input", str(rows), "--output", str(output)]
        status, seconds, log = self._run(arguments, _PREDICT_SECONDS, {})
        try:
            plain = stat.S_ISREG(output.lstat().st_mode)
        except FileNotFoundError:
            plain = False
        return Predicted(status, seconds, log, output.read_bytes() if plain else None)

    def serve(self, model: Path, *, name: str) -> NativeService:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {**self._environment, "PORT": str(port), "MODEL_DIR": str(model)}
        log = self._place / f"{name}-{next(self._numbers)}.log"
        service = NativeService(name, self._submission, environment, log)
        self._services.append(service)
        return service

    def close(self) -> None:
        """Ends every instance and removes all folders."""
        for service in self._services:
            service.kill()
        shutil.rmtree(self._place)

    def _run(self, arguments: list[str], limit: float, environment: dict[str, str]) -> tuple[int, float, str]:
        began = time.monotonic()
        process = subprocess.Popen(
            ["sh", "./run.sh", *arguments],
            cwd=self._submission,
            env={**self._environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            log, _ = process.communicate(timeout=limit)
            status = process.returncode
        except subprocess.TimeoutExpired:
            _kill_group(process)
            log, _ = process.communicate()
            status = ENDED
        return status, time.monotonic() - began, log[-_LOG_BYTES:].decode("utf-8", "replace")


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
