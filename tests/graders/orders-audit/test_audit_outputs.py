"""What a submission of `orders-audit` may leave behind: each is a finding, soon and in little memory, and never an error."""

import json
import os
import pickle
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from bounds import bounded
from checks import _Own
from generator import generate
from generator.model import CLEANED_COLUMNS
from outputs import NAMES, compare_all, compare_plots, compare_report
from own_answers import read_answers
from png import SIGNATURE, NotAnImage, read_png
from png_files import chunk, png
from scenarios import content, count_rows, read_reasons

# The database's own limit is one of time.
SECONDS = 25.0
MEBIBYTES = 300

Write = Callable[[Path], object]

DATA = generate("sample", 3, 60, [])


def zeros(count: int) -> bytes:
    packer = zlib.compressobj(9)
    pieces = [packer.compress(bytes(1 << 20)) for _ in range(count >> 20)]
    return b"".join([*pieces, packer.compress(bytes(count % (1 << 20))), packer.flush()])


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10 << 30)


def database(statements: str) -> Write:
    def write(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(statements)

    return write


def corrupt(path: Path) -> None:
    database("CREATE TABLE orders_clean (order_id TEXT PRIMARY KEY)")(path)
    with path.open("r+b") as file:
        file.seek(16)
        file.write(b"\xff" * 60)


def text(words: str) -> Write:
    return lambda path: path.write_text(words, encoding="utf-8")


def raw(content: bytes) -> Write:
    return lambda path: path.write_bytes(content)


CLEANED = ",".join(CLEANED_COLUMNS)
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS order_id FROM n"

HOSTILE: list[tuple[str, str, Write]] = [
    ("cleaned.csv", "ten gigabytes", sparse),
    ("cleaned.csv", "pickle", raw(pickle.dumps({"order_id": [1, 2, 3]}))),
    ("cleaned.csv", "one endless field", text(CLEANED + '\n"' + "x" * 300_000)),
    ("cleaned.csv", "broken quotes", text(CLEANED + '\n"a"b,c\n')),
    ("cleaned.csv", "zero bytes", raw(b"\0" * 5000)),
    ("cleaned.csv", "empty lines", text(CLEANED + "\n\n\n\n")),
    ("cleaned.csv", "ragged", text(CLEANED + "\na\nb,c\n" + "d," * 5000 + "\n")),
    ("cleaned.csv", "formulas", text(CLEANED + "\n" + ",".join(["=HYPERLINK(1)"] * 11) + "\n")),
    ("cleaned.csv", "huge numbers", text(CLEANED + "\n" + ",".join(["9" * 5000] * 11) + "\n")),
    ("cleaned.csv", "not utf-8", raw(CLEANED.encode() + b"\n\xff\xfe\n")),
    ("rejects.csv", "huge line number", text("source_file,line,reason\na," + "9" * 6000 + ",unparsable\n")),
    ("rejects.csv", "pipe", lambda path: os.mkfifo(path)),
    ("rejects.csv", "folder", lambda path: path.mkdir()),
    ("answers.json", "nan", text('{"q1": NaN}')),
    ("answers.json", "names twice", text('{"q1": [], "q1": []}')),
    ("answers.json", "deep", text("[" * 200_000)),
    ("answers.json", "deep objects", text('{"q1":' * 100_000)),
    ("answers.json", "a list", text("[]")),
    ("answers.json", "other shapes", text('{"meta": [], "q1": {}, "q2": [1], "q3": [{}], "q4": [[]]}')),
    ("answers.json", "long number", text('{"q1": ' + "1" * 100_000 + "}")),
    ("answers.json", "infinite", text('{"meta": {"rows_in": 1e999}, "q3": [{"orders": 0, "returned": 0}]}')),
    ("warehouse.sqlite", "endless view", database(f"CREATE VIEW orders_clean AS {ENDLESS}")),
    (
        "warehouse.sqlite",
        "huge value",
        database("CREATE VIEW orders_clean AS SELECT zeroblob(999999999) AS order_id"),
    ),
    (
        "warehouse.sqlite",
        "triggers",
        database(
            "CREATE TABLE orders_clean (order_id TEXT PRIMARY KEY);"
            "CREATE TRIGGER t AFTER INSERT ON orders_clean BEGIN DELETE FROM orders_clean; END;"
        ),
    ),
    ("warehouse.sqlite", "corrupt header", corrupt),
    ("warehouse.sqlite", "no database", raw(b"SQLite format 3\0" + b"\xff" * 4096)),
    (
        "warehouse.sqlite",
        "text that is no text",
        database(
            f"CREATE TABLE orders_clean ({CLEANED});"
            f"INSERT INTO orders_clean VALUES ({', '.join(['CAST(x' + repr('ff') + ' AS TEXT)'] * 11)})"
        ),
    ),
    ("plots/return_rate.png", "bomb", raw(png(10_000, 7_400, zeros(1 << 30), colour=6))),
    ("plots/return_rate.png", "bomb behind", raw(png(500, 400, zeros(1 << 30)))),
    ("plots/return_rate.png", "endless size", raw(png(0xFFFFFFFF, 0xFFFFFFFF, zeros(1 << 20)))),
    ("plots/return_rate.png", "small pieces", raw(SIGNATURE + chunk(b"IDAT", b"x") * 400_000)),
    ("plots/return_rate.png", "cut off", raw(SIGNATURE + b"\xff\xff\xff\xffIDAT")),
    ("plots/return_rate.csv", "bytes", raw(bytes(range(256)))),
    ("report.md", "half images", text("![" * 1_500_000)),
    ("report.md", "half tags", text("<img " * 700_000)),
    ("report.md", "spaces", text("# " + " " * 3_000_000 + "x")),
    ("report.md", "plots without images", text("plots/return_rate.png " * 150_000)),
    ("report.md", "not utf-8", raw(b"# Summary\n\xff")),
]


@pytest.mark.parametrize(
    ("name", "label", "write"), HOSTILE, ids=[f"{name}-{label}" for name, label, _ in HOSTILE]
)
def test_is_a_finding(tmp_path: Path, name: str, label: str, write: Write) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    write(tmp_path / name)
    with bounded(SECONDS, MEBIBYTES):
        found = list(compare_all(tmp_path, DATA.expected))
        assert any(difference.output == name for difference in found)
        own = _Own(DATA.expected, read_answers(tmp_path))
        assert list(compare_report(tmp_path, own))
        assert list(compare_plots(tmp_path, own))
        assert set(content(tmp_path)) <= set(NAMES)
        assert count_rows(tmp_path / "cleaned.csv") >= -1
        assert isinstance(read_reasons(tmp_path), list)


def test_an_answer_of_the_right_form_is_kept(tmp_path: Path) -> None:
    (tmp_path / "answers.json").write_text(json.dumps(DATA.expected.answers), encoding="utf-8")
    assert read_answers(tmp_path) == DATA.expected.answers


def noise(width: int, height: int, channels: int) -> bytes:
    line = bytes((7 * place) % 251 for place in range(width * channels))
    return zlib.compress((b"\0" + line) * height)


def test_a_very_large_plot_and_an_interlaced_one_are_plots() -> None:
    large = read_png(png(7200, 4800, noise(7200, 4800, 3)))
    assert (large.width, large.height) == (7200, 4800)
    assert large.colours(0.0002) >= 3
    # Adam7 of 8 by 8 in three bytes: 1, 1, 1, 2, 2, 4 and 4 lines.
    sizes = [(1, 1), (1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 4)]
    lines = b"".join((b"\0" + bytes(range(columns * 3))) * rows for columns, rows in sizes)
    assert read_png(png(8, 8, zlib.compress(lines), interlaced=1)).width == 8
    with pytest.raises(NotAnImage):
        read_png(png(8, 8, zlib.compress(lines[:-1]), interlaced=1))
