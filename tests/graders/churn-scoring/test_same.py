"""What two instances share, and what is asked of those on altered folders."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import check_same
import check_training
import pytest
from artifacts import Artifact, Inventory
from difference import Difference
from takehome_suite.outcome import Inconclusive
from times import Times

METADATA: dict[str, Any] = {"name": "churn", "version": "1", "metrics": {"auc": 0.8}}


def replicas(other: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    monkeypatch.setattr(check_same, "strict_object", lambda _: other)
    wire = SimpleNamespace(get=lambda _: SimpleNamespace(status=200, text=""))
    bench: Any = SimpleNamespace(
        instances=lambda _: [],
        ask=lambda *_: [],
        probe=[],
        online=[],
        same=lambda *_: [],
        wire=lambda _: wire,
        metadata=METADATA,
    )
    return list(check_same.replicas(bench))


def test_what_metadata_says_beyond_the_brief_may_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not replicas({**METADATA, "pid": 2, "metrics": {"auc": 0.8, "at": 1}}, monkeypatch)
    assert replicas({**METADATA, "version": "2"}, monkeypatch)
    assert replicas({**METADATA, "metrics": {"auc": 0.7}}, monkeypatch)


def never_ready(
    monkeypatch: pytest.MonkeyPatch, altered: Callable[[object], Path], found: Sequence[Difference | None]
) -> list[Difference]:
    """What is made of so many altered folders, of which this is found by watching."""
    coming = iter(found)
    service = SimpleNamespace(kill=lambda: None)
    bench: Any = SimpleNamespace(
        wire=lambda _: None,
        starts={"a": SimpleNamespace(ready_at=1.0)},
        retire=lambda: None,
        times=Times(),
        altered=altered,
        runner=SimpleNamespace(serve=lambda *_, **__: service),
    )
    monkeypatch.setattr(check_same, "_watched", lambda *_: next(coming))
    return list(check_same._never_ready(bench, {str(number): lambda _: None for number in range(len(found))}))


def test_at_most_two_altered_folders_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most: list[int] = []

    def altered(_change: object) -> Path:
        folder = tmp_path / str(len(most))
        folder.mkdir()
        most.append(len(list(tmp_path.iterdir())))
        return folder

    assert not never_ready(monkeypatch, altered, [None] * 5)
    assert (len(most), max(most), list(tmp_path.iterdir())) == (5, 2, [])


def test_what_is_proven_counts_beside_what_is_open() -> None:
    large = Artifact("a.gz", 1, "", "unreadable", open=["a.gz is too large"])
    proven = Artifact("b.pkl", 1, "", "pickle", problems=["b.pkl names os.system"])
    bench: Any = SimpleNamespace(inventory=Inventory([large, proven], []))
    assert len(list(check_training.safe(bench))) == 1
    bench.inventory.artifacts.pop()
    with pytest.raises(Inconclusive):
        list(check_training.safe(bench))
    with pytest.raises(Inconclusive):
        list(check_training.no_ids(bench))


def watched(
    monkeypatch: pytest.MonkeyPatch, healthy_after: int | None, ready: bool = False
) -> Difference | None:
    """What is found of an instance on an altered folder; its /healthz is polled every second of an own clock."""
    now = [0.0]
    clock = SimpleNamespace(monotonic=lambda: now[0], sleep=lambda _: now.__setitem__(0, now[0] + 1.0))
    monkeypatch.setattr(check_same, "time", clock)

    def status_of(ask: Any, path: str) -> int | None:
        if path == "/readyz":
            return 200 if ready else 503
        return 200 if healthy_after is not None and now[0] >= healthy_after else None

    bench: Any = SimpleNamespace(recorder=None, status_of=status_of)
    service: Any = SimpleNamespace(base_url="http://127.0.0.1:1", alive=lambda: True, log=lambda: "")
    return check_same._watched(bench, "a file is missing", service, 3.0)


def test_an_instance_on_an_altered_folder_may_answer_late(monkeypatch: pytest.MonkeyPatch) -> None:
    assert watched(monkeypatch, healthy_after=1) is None
    assert watched(monkeypatch, healthy_after=20) is None
    assert watched(monkeypatch, healthy_after=None) is not None
    assert watched(monkeypatch, healthy_after=1, ready=True) is not None


def test_silence_counts_on_a_machine_with_time_and_readiness_always(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = check_same.Silence("stays up without /healthz")
    ready = Difference("/readyz is 200", "never ready", 200)

    def charged(crowding: float, *found: Difference) -> int:
        monkeypatch.setattr(check_same, "crowding", lambda: crowding)
        return len(never_ready(monkeypatch, lambda _: Path(tempfile.mkdtemp(dir=tmp_path)), found))

    assert charged(1.0, silent, silent, silent) == 3
    assert charged(3.0, silent, ready, silent) == 3
    with pytest.raises(Inconclusive):
        charged(3.0, silent, silent, silent)
