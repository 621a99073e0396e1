"""What a model folder of `churn-scoring` may hold: code is found wherever it hides, nothing is run, in bounded time and memory."""

import bz2
import gzip
import io
import lzma
import os
import pickle
import random
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from allowed import is_allowed
from artifacts import Artifact, take_stock
from bounds import bounded
from folders import names
from takehome_suite.outcome import Unmet

SECONDS = 25.0
MEBIBYTES = 800
ID = "12345678-AB"


class Runs:
    """Whoever loads it ends."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit('loaded')",)


def zipped(content: bytes, name: str = "data.pkl", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def zipped_all(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def safetensors(length: int) -> bytes:
    return struct.pack("<Q", length) + b"{}".ljust(length) + bytes(64)


def npy(header: str, content: bytes) -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + content


def short_text(text: str) -> bytes:
    return b"\x8c" + bytes([len(text)]) + text.encode()


def calls(module: str, attribute: str, argument: bytes) -> bytes:
    """A pickle that calls this with what the opcodes of the argument push."""
    return b"\x80\x04" + short_text(module) + short_text(attribute) + b"\x93" + argument + b"\x85R."


def torch_loads(argument: bytes) -> bytes:
    return calls("torch.storage", "_load_from_bytes", argument)


def as_bytes(content: bytes) -> bytes:
    return b"B" + struct.pack("<I", len(content)) + content


def as_text(content: bytes) -> bytes:
    text = content.decode("latin-1").encode()
    text = b"X" + struct.pack("<I", len(text)) + text
    return b"c_codecs\nencode\n" + text + short_text("latin1") + b"\x86R"


CODE = pickle.dumps(Runs())
OLD = pickle.dumps(Runs(), 0)
POPEN = calls("torch.utils.collect_env", "subprocess.Popen", short_text("true"))
# Opcodes without end: what follows is not looked at any more.
TIRING = b"(" + b"N0" * 2_500_001

NAMED: dict[str, bytes] = {
    **{f"protocol {number}": pickle.dumps(Runs(), number) for number in range(6)},
    "gzip": gzip.compress(CODE),
    "in the second gzip": gzip.compress(b"\x80\x04") + gzip.compress(CODE[2:]),
    "bz2": bz2.compress(CODE),
    "xz": lzma.compress(CODE),
    "lzma": lzma.compress(CODE, lzma.FORMAT_ALONE),
    "zlib": zlib.compress(CODE),
    "zip": zipped(CODE),
    "zip of lzma": zipped(CODE, method=zipfile.ZIP_LZMA),
    "zip in a zip": zipped(zipped(gzip.compress(CODE)), "a"),
    "zip in a pickle": torch_loads(as_bytes(zipped(CODE))),
    "old and without an end": OLD.removesuffix(b"."),
    "in bytes": torch_loads(as_bytes(CODE)),
    "in text": torch_loads(as_text(CODE)),
    "in bytes, without an end": torch_loads(as_bytes(CODE.removesuffix(b"."))),
    "in bytes, old": torch_loads(as_bytes(OLD)),
    "in bytes that are made": torch_loads(b"cbuiltins\nbytes\n](K\x80K\x04e\x85R"),
    "through an attribute": POPEN,
    "array": npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", CODE),
    "array, another header": npy('{"des" "cr": "O8", "fortran_order": False, "shape": (1,)}', CODE),
    "array of fields": npy("{'descr': [('a', [('b', '|O')])], 'fortran_order': False, 'shape': (1,)}", CODE),
    "behind what tires": zipped(OLD, "z"),
    "in a broken stream": zlib.compress(CODE + bytes(1 << 20))[:-9],
    "in a stream that is too large": gzip.compress(CODE + bytes(600 << 20), 1),
    "behind numbers": CODE.removesuffix(b".") + b"\0" * 8,
    "in bytes, then broken": torch_loads(as_bytes(CODE)).removesuffix(b".") + b"\0",
    "made of bytes, then broken": torch_loads(b"cbuiltins\nbytes\n](K\x80K\x04e\x85R").removesuffix(b"."),
    "behind a long text": b"\x80\x02cbuiltins\nexec\n"
    + short_text("0")
    + b"\x85R0X"
    + struct.pack("<I", 65 << 20)
    + b"x" * (65 << 20)
    + b"0N.",
}


def stock(folder: Path, content: bytes, name: str = "model.bin") -> Artifact:
    (folder / name).write_bytes(content)
    return take_stock(folder, {ID}).artifacts[-1]


@pytest.mark.parametrize("label", NAMED)
def test_code_is_found(tmp_path: Path, label: str) -> None:
    if label == "behind what tires":
        (tmp_path / "a.txt").write_bytes(TIRING)
    with bounded(SECONDS, MEBIBYTES):
        assert stock(tmp_path, NAMED[label]).problems


HARMLESS: dict[str, bytes] = {
    "text": b"customers\nare here\n(see below)\n",
    "text like a call": b"(i am\na text)\n",
    "table": b"id,plan\n1,basic\n",
    "numbers like a pickle": pickle.dumps({"values": b"\x80\x04" + bytes(range(256))}),
    "pickle in bytes": pickle.dumps({"inner": pickle.dumps([1, 2.5, "x"])}),
    "torch": torch_loads(as_bytes(pickle.dumps([1]) + b"\0" * 8)),
    "torch, protocol 2": torch_loads(as_text(pickle.dumps([1], 2))),
    "zeros": bytes(1 << 20),
    "array": npy("{'descr': [('One', '<f8')], 'fortran_order': False, 'shape': (1,)}", bytes(8)),
    "joblib's streams": gzip.compress(pickle.dumps([1])) + bytes(8),
    "int64 like a pickle": struct.pack("<q", 640) * 50,
    "int64 like zlib": struct.pack("<q", 376) * 50,
    "int64 like lzma": struct.pack("<q", 93) * 50,
    "numbers of torch": zipped_all(
        {f"net/data/{number}": struct.pack("<q", number) for number in (93, 376, 640)}
    ),
    "torch, old": pickle.dumps([1], 2) * 5 + struct.pack("<q", 640) + bytes(5_120),
    "forest": zlib.compress(bytes(335 << 20), 1),
    "wide text": ("\U0001f600" + "x" * (60 << 20)).encode(),
}


@pytest.mark.parametrize("label", HARMLESS)
def test_what_is_harmless_is_no_problem(tmp_path: Path, label: str) -> None:
    with bounded(SECONDS, MEBIBYTES):
        assert stock(tmp_path, HARMLESS[label]).problems == []


@pytest.mark.parametrize("length", [93, 128, 376, 384, 640, 896, 1152, 1408])
def test_a_header_of_any_length_is_no_pickle(tmp_path: Path, length: int) -> None:
    found = stock(tmp_path, safetensors(length), "model.safetensors")
    assert (found.kind, found.problems, found.open) == ("safetensors", [], [])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.pkl", struct.pack("<q", 640)),
        ("model.pickle", CODE[:-20]),
        ("model.joblib", struct.pack("<q", 376)),
        ("model.z", struct.pack("<q", 376)),
        ("extensions.pkl", b"\x80\x02\x82\x01."),
    ],
)
def test_what_says_it_is_a_pickle_is_one(tmp_path: Path, name: str, content: bytes) -> None:
    assert stock(tmp_path, content, name).kind == "unreadable"
    assert take_stock(tmp_path, ()).artifacts[0].problems


def test_source_is_shown_and_is_no_problem(tmp_path: Path) -> None:
    found = stock(tmp_path, b"import churn\n", "train.py")
    assert (found.kind, found.problems) == ("source", [])
    assert stock(tmp_path, b"\x7fELF", "z.so").problems


def wrapped(shape: bytes, kind: str, times: int = 1) -> bytes:
    """Descriptions of arrays by joblib, each the first element of the one before."""
    state = b"}(" + short_text("dtype") + b"cnumpy\ndtype\n" + short_text(kind) + b"\x85R"
    state += short_text("shape") + shape + b"u"
    return b"\x80\x04" + (b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81" + state + b"b") * times


def members(count: int) -> bytes:
    member = b"PK\x01\x02" + bytes(24) + b"\x01\x00" + bytes(16) + b"m"
    return member * count + b"PK\x05\x06" + bytes(8) + struct.pack("<I", count * len(member)) + bytes(6)


def many_entries(count: int) -> bytes:
    return pickle.dumps({str(number): 0 for number in range(count)}, 4)[2:-1]


def places_that_collide(count: int) -> bytes:
    return b"]" + b"".join(b"p%d\n" % (number * ((1 << 61) - 1)) for number in range(1, count))


HUGE = b"\x8b" + struct.pack("<I", 8 << 20) + b"\x7f" * (8 << 20)
BOUNDED: dict[str, bytes] = {
    "empty streams": gzip.compress(b"") * 1_000_000,
    "members": members(1_000_000),
    "state again and again": b"\x80\x04cnumpy\ndtype\n)R" + many_entries(50_000) + b"b" + b"h\0b" * 300_000 + b".",
    "huge shape": wrapped(b"(" + HUGE + b"\x94" + b"h\0" * 200 + b"t", "<f8") + b".",
    "arrays in arrays": wrapped(b")", "O", 2_000) + b".",
    "places that collide": b"\x80\x02" + places_that_collide(500_000) + b".",
    "names": b"\x80\x02" + b"".join(b"cnumpy\nA%d\n0" % number for number in range(500_000)) + b"N.",
    "header": npy("{'descr': " + "-" * 60_000 + "1}", b""),
}  # fmt: skip


TOO_LARGE: dict[str, bytes] = {
    "bomb": gzip.compress(bytes(600 << 20), 1),
    "bomb of bz2 in a zip": zipped(bz2.compress(bytes(600 << 20))),
    "archive in a pickle": torch_loads(as_bytes(zipped(bytes(80 << 20)))),
    "a long text": b"\x80\x02X" + struct.pack("<I", 65 << 20) + "\U0001f600".encode() + b"x" * (65 << 20),
    "memory": lzma.compress(b"", lzma.FORMAT_ALONE, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 20}])[:1]
    + b"\0\0\0\xc0" + b"\xff" * 8 + bytes(64),
}  # fmt: skip


@pytest.mark.parametrize("label", TOO_LARGE)
def test_what_is_too_large_is_left_open(tmp_path: Path, label: str) -> None:
    with bounded(SECONDS, MEBIBYTES):
        found = stock(tmp_path, TOO_LARGE[label])
    assert found.kind == "unreadable", found
    assert (found.problems, len(found.open)) == ([], 1)


def test_what_is_too_large_hides_nothing(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(600 << 20), 1)
    with bounded(SECONDS, MEBIBYTES):
        assert stock(tmp_path, zipped_all({"a": bomb, "b": CODE}), "z.zip").problems


@pytest.mark.parametrize("label", BOUNDED)
def test_what_is_too_much_is_a_finding(tmp_path: Path, label: str) -> None:
    with bounded(SECONDS, MEBIBYTES):
        found = stock(tmp_path, BOUNDED[label])
    assert found.kind == "unreadable", found
    assert found.problems


def test_only_ids_of_customers_are_kept(tmp_path: Path) -> None:
    rng = random.Random(0)
    others = b"".join(b"%08d-XY " % rng.randrange(10**8) for _ in range(2_000_000))
    with bounded(SECONDS, MEBIBYTES):
        found = stock(tmp_path, others + ID.encode("utf-32-le"))
    assert found.ids == [ID]


def test_the_folder_itself_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/secret.txt").write_text("x")
    (tmp_path / "model").symlink_to("elsewhere")
    with pytest.raises(Unmet):
        list(names(tmp_path / "model"))


def test_links_and_pipes_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "memory").symlink_to("/proc/self/mem")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / os.fsdecode(b"\xff\n")).write_bytes(b"x")
    assert sorted(take_stock(tmp_path, ()).others) == ["memory", "pipe"]


@pytest.mark.parametrize(
    "name",
    [
        "builtins.exec",
        "torch.utils.collect_env:subprocess.Popen",
        "torch.fx._symbolic_trace.CodeType",
        "torch.cuda.CDLL",
    ],
)
def test_what_a_library_imports_is_not_allowed(name: str) -> None:
    assert not is_allowed(name)


def test_classes_of_a_library_are_allowed() -> None:
    assert is_allowed("sklearn.linear_model._logistic.LogisticRegression")
    assert is_allowed("torch.nn.modules.pooling.AvgPool2d")


@pytest.mark.parametrize(
    "name",
    [
        "numpy.number",
        "numpy.integer",
        "numpy.floating",
        "numpy.inexact",
        "numpy.generic",
        "pandas._libs.tslibs.nattype._nat_unpickle",
        "pandas._libs.tslibs.timedeltas._timedelta_unpickle",
        "pandas._libs.tslibs.timestamps._unpickle_timestamp",
        "pandas.core.indexes.datetimes._new_DatetimeIndex",
        "pandas.core.indexes.interval._new_IntervalIndex",
        "scipy.stats._distn_infrastructure.rv_continuous_frozen",
        "sklearn.compose._column_transformer.make_column_selector",
        "sklearn.metrics._ranking.roc_auc_score",
    ],
)
def test_what_bundles_of_these_libraries_hold_is_allowed(name: str) -> None:
    assert is_allowed(name)


def test_a_distribution_is_left_open(tmp_path: Path) -> None:
    found = stock(tmp_path, b"\x80\x02cscipy.stats._continuous_distns\nuniform_gen\n)\x81.")
    assert (found.problems, len(found.open)) == ([], 1)
    found = stock(tmp_path, b"\x80\x02cscipy.stats._continuous_distns\nuniform_gen\n)\x810cos\nsystem\n.")
    assert found.problems
