"""What two instances share, what a loaded service may take its time for, and how many altered folders there are at a time."""

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import check_same
import check_training
import pytest
from artifacts import Artifact, Inventory
from takehome_suite.outcome import Inconclusive, NoAnswer
from wire import TooSlow

METADATA: dict[str, Any] = {"name": "churn", "version": "1", "metrics": {"auc": 0.8}}


class Says:
    """A wire of which every request ends like this."""

    def __init__(self, end: Exception | int) -> None:
        self._end = end

    def post(self, _body: bytes) -> Any:
        if isinstance(self._end, Exception):
            raise self._end
        return SimpleNamespace(status=self._end)


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


@pytest.mark.parametrize(("end", "failures"), [(TooSlow("slow"), 0), (NoAnswer("closed"), 1), (500, 1)])
def test_a_batch_may_take_its_time(end: Exception | int, failures: int) -> None:
    found: list[str] = []
    wire: Any = Says(end)
    check_same._load(wire, b"", threading.Event(), found)
    assert len(found) == failures


def test_at_most_two_altered_folders_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most: list[int] = []

    def altered(_change: object) -> Path:
        folder = tmp_path / str(len(most))
        folder.mkdir()
        most.append(len(list(tmp_path.iterdir())))
        return folder

    service = SimpleNamespace(kill=lambda: None)
    bench: Any = SimpleNamespace(
        wire=lambda _: None,
        starts={"a": SimpleNamespace(ready_at=1.0)},
        retire=lambda: None,
        altered=altered,
        runner=SimpleNamespace(serve=lambda *_, **__: service),
    )
    monkeypatch.setattr(check_same, "_watched", lambda *_: None)
    assert not list(check_same._never_ready(bench, {str(number): lambda _: None for number in range(5)}))
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
