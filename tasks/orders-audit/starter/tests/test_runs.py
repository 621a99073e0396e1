from __future__ import annotations

from pathlib import Path

from conftest import Analyze


def test_an_empty_folder_cannot_be_used(analyze: Analyze, tmp_path: Path) -> None:
    source = tmp_path / "input"
    source.mkdir()
    ended = analyze(source, tmp_path / "output")
    assert ended.returncode == 2
    assert ended.stderr.strip()
