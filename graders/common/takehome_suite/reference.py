"""References as submissions, for running a suite on them without containers."""

import shutil
import tomllib
from pathlib import Path


def materialize(reference: Path, target: Path) -> Path:
    """A copy of the reference's submission in a folder, with its edits; returns the folder."""
    manifest = tomllib.loads((reference / "reference.toml").read_text(encoding="utf-8"))
    if "base" in manifest:
        materialize(reference.parent / manifest["base"], target)
    source = reference / manifest.get("source", "submission")
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    for number, edit in enumerate(manifest.get("edit", [])):
        path = target / edit["file"]
        text = path.read_text(encoding="utf-8")
        find, replace = edit["find"], edit["replace"]
        if text.count(find) != 1:
            raise ValueError(
                f"{reference.name}: edit {number} of {edit['file']} fits {text.count(find)} times"
            )
        path.write_text(text.replace(find, replace), encoding="utf-8")
    return target
