"""What suites show: bounded, and of a submission's images nothing but the pixels. Standard library only.

Run by `scripts/grader-tests`.
"""

import json
import struct
import tempfile
import unittest
import zlib
from pathlib import Path
from typing import Any

import exhibits as audit
from checks import Result, Timed
from generator import generate
from outputs import Difference
from png import read_png
from png_files import chunk, png
from takehome_suite.exhibits import (
    IMAGE_BYTES,
    RUN_BYTES,
    TEST_BYTES,
    Axis,
    Exhibit,
    Exhibits,
    Image,
    Line,
    Place,
    RunExhibits,
    Series,
    Table,
    Text,
    cut,
)
from takehome_suite.picture import Picture


def image(size: tuple[int, int], depth: int, colour: int, lines: bytes, *extra: bytes) -> bytes:
    return png(*size, zlib.compress(lines), depth=depth, colour=colour, extra=extra)


def broken() -> list[tuple[Place, Exhibit]]:
    raise ZeroDivisionError


def kinds(data: bytes) -> list[bytes]:
    """The chunks of a file, to its very end."""
    found, position = [], 8
    while position < len(data):
        (length,) = struct.unpack_from(">I", data, position)
        found.append(data[position + 4 : position + 8])
        position += 12 + length
    return found


class Pictures(unittest.TestCase):
    def written(self, data: bytes) -> tuple[int, int, bytes]:
        image = read_png(audit.picture_of(read_png(data)).png() or b"")
        self.assertEqual((image.depth, image.colour), (8, 2))
        return image.width, image.height, image.pixels

    def test_every_kind_keeps_its_colours(self) -> None:
        palette = chunk(b"PLTE", bytes([255, 0, 0, 0, 0, 255]))
        red_blue = bytes([255, 0, 0, 0, 0, 255])
        for data, expected in (
            (image((2, 1), 8, 2, b"\0" + red_blue), red_blue),
            (image((2, 1), 16, 2, b"\0" + bytes(value for one in red_blue for value in (one, 7))), red_blue),
            (image((2, 1), 8, 3, b"\0\0\1", palette), red_blue),
            (image((2, 1), 1, 3, b"\0\x40", palette), red_blue),
            (image((2, 1), 8, 0, b"\0\x00\x80"), bytes([0, 0, 0, 128, 128, 128])),
            (image((2, 1), 4, 0, b"\0\x0f"), bytes([0, 0, 0, 255, 255, 255])),
            (image((2, 1), 8, 4, b"\0\x10\xff\x10\x00"), bytes([16, 16, 16, 255, 255, 255])),
            (image((2, 1), 8, 6, b"\0\xff\0\0\xff\0\0\0\0"), bytes([255, 0, 0, 255, 255, 255])),
        ):
            self.assertEqual(self.written(data), (2, 1, expected))

    def test_nothing_but_pixels_is_left(self) -> None:
        hidden = [chunk(b"tEXt", b"Comment\0<script>"), chunk(b"iCCP", b"x\0\0x")]
        data = image((1, 1), 8, 2, b"\0\1\2\3", *hidden) + b"<script>"
        written = audit.picture_of(read_png(data)).png() or b""
        self.assertEqual(kinds(written), [b"IHDR", b"IDAT", b"IEND"])
        self.assertNotIn(b"script", written)

    def test_large_pictures_become_small(self) -> None:
        for width, height, scaled in (
            (3000, 1500, (1000, 500)),
            (100_000, 1, (1191, 1)),
            (2401, 2, (801, 1)),
        ):
            planes = [bytes([value]) * (width * height) for value in (10, 20, 30)]
            image = read_png(Picture(width, height, planes).png() or b"")
            self.assertEqual((image.width, image.height), scaled)
            self.assertEqual(image.pixels[:3], bytes([10, 20, 30]))

    def test_what_does_not_fit_is_none(self) -> None:
        self.assertIsNone(Picture(100, 100, [bytes(range(100)) * 100] * 3).png(most=50))

    def test_hostile_files_are_named(self) -> None:
        good = image((1, 1), 8, 2, b"\0\1\2\3")
        files = {
            "empty": b"",
            "markup": b"<svg onload=alert(1)>",
            "cut": good[:-9],
            "changed": good.replace(b"IDAT", b"IDAU"),
            "huge": image((2**31 - 1, 2**31 - 1), 8, 2, b"\0"),
            "many pixels": image((3000, 3000), 8, 0, b"\0" * 3001 * 3000),
            "no pixels": image((0, 1), 8, 2, b""),
            "few pixels": image((9, 9), 8, 2, b"\0"),
            "filter": image((1, 1), 8, 0, b"\x09\x01"),
            "unknown kind": image((3, 1), 1, 4, b"\0\xff"),
        }
        with tempfile.TemporaryDirectory() as folder:
            for name, data in files.items():
                (Path(folder) / "x.png").write_bytes(data)
                shown = audit.plot(Path(folder), "x.png", "T")
                self.assertIsInstance(shown, Text, name)
                self.assertTrue(shown.note, name)
            self.assertIsInstance(audit.plot(Path(folder), "missing.png", "T"), Text)
            self.assertIsInstance(audit.plot(Path(folder), "..", "T"), Text)


class Bounds(unittest.TestCase):
    def test_text_of_any_kind_is_cut_and_can_be_written(self) -> None:
        for value in ("a\ud800b", "x" * 1000, 10**5000, {"a": [1] * 1000}, None, b"x", float("nan")):
            text = cut(value, 20)
            self.assertLessEqual(len(text), 20)
            text.encode("utf-8")

    def test_tables_and_lines_are_cut(self) -> None:
        table = Table("t" * 999, ["c"] * 99, [["\ud800" * 999] * 99] * 99, more=1).plain()
        sizes = len(table["title"]), len(table["columns"]), len(table["rows"]), len(table["rows"][0])
        self.assertEqual((*sizes, table["more"]), (160, 12, 60, 12, 40))
        points = [(1, float("nan")), (float("inf"), 1), (1,), *[(1, 2)] * 999]
        lines = Series("s", Axis("x"), Axis("y"), [Line("n", points)] * 99).plain()["lines"]
        self.assertEqual((len(lines), lines[0]["points"][-1]), (8, [1.0, 2.0]))

    def test_what_has_no_room_is_named(self) -> None:
        run, test = RunExhibits(), Exhibits()
        for number in range(9):
            run.show(Image(f"plot {number}", "", b"x" * IMAGE_BYTES))
            test.show(Text(f"text {number}", "\u202e" * 8000))
        for text, most in ((run.text(), RUN_BYTES), (test.text(), TEST_BYTES)):
            self.assertLessEqual(len(text), most)
            self.assertTrue(text.isascii() and text.isprintable())
            self.assertIn("8", json.loads(text)[-1]["note"])
        self.assertEqual((RunExhibits().text(), Exhibits().text()), ("", ""))
        self.assertEqual(Image("t", "", b"x" * (IMAGE_BYTES + 1)).plain()["kind"], "text")

    def test_a_failure_is_shown_and_goes_no_further(self) -> None:
        run, test = RunExhibits(), Exhibits()
        nothing: Any = None
        run.at_the_end(broken)
        run.at_the_end(lambda: [("glance", Text("second", "t"))])
        test.show(lambda: Text("t", str(1 / 0)), Table("bad", nothing, nothing))
        titles = [exhibit["title"] for exhibit in json.loads(run.text())]
        self.assertEqual(titles, ["An exhibit is missing", "second"])
        self.assertEqual({one["title"] for one in json.loads(test.text())}, {"An exhibit is missing"})


class Growth(unittest.TestCase):
    def note(self, *seconds: float) -> str:
        rows = zip((100, 4_000, 48_000), seconds, strict=True)
        return audit.growth([[Timed(many, taken, 0.5) for many, taken in rows]]).note

    def test_the_exponent_is_that_of_the_growth(self) -> None:
        self.assertIn("the power of 1.00 ", self.note(1.0, 2.0, 13.0))
        self.assertIn("the power of 2.00 ", self.note(1.0, 2.0, 145.0))

    def test_a_plain_pass_stands_beside_it(self) -> None:
        self.assertIn(
            "took 0.50 s; without the start-up, the submission took 24.0 times", self.note(1.0, 2.0, 13.0)
        )

    def test_too_little_has_no_exponent(self) -> None:
        for seconds in ((1.0, 1.05, 1.5), (1.0, 0.9, 0.8), (0.0, 0.0, 0.0)):
            self.assertIn("too little", self.note(*seconds))


class WrongCells(unittest.TestCase):
    def test_differences_without_a_data_set_are_told(self) -> None:
        found = [
            Difference("answers.json", "q1", "q1[0].n", 5, "5"),
            Difference("warehouse.sqlite", "warehouse.sqlite", "is missing"),
            Difference("cleaned.csv", "R2", "order A, B, region", "X", " X\ud800"),
        ]
        rows = audit.wrong_cells([(one, None) for one in found] * 9).plain()
        cells = [[cell["text"] for cell in row] for row in rows["rows"]]
        self.assertEqual(cells[0], ["answers.json\nq1[0].n", "5 (int)", "5 (str)"])
        self.assertEqual(cells[1], ["warehouse.sqlite", "", "is missing"])
        self.assertEqual(cells[2][0], "cleaned.csv, region\norder A, B")
        self.assertEqual((len(cells), rows["more"]), (audit.WRONG_SHOWN, 27 - audit.WRONG_SHOWN))

    def test_the_export_is_shown_where_it_is_known(self) -> None:
        data = generate("mess", 1, 60, ["R6"])
        order_id = min(data.expected.clean)

        known = Result(data, Path(), Path(), None)
        place = data.expected.clean[order_id].placed
        found = Difference("cleaned.csv", "R6", f"order {order_id}, ordered_at", "2024-01-01T00:00:00Z", "x")
        (row,) = audit.wrong_cells([(found, known)]).plain()["rows"]
        self.assertIn(f"{place.file} line {place.line}", row[0]["text"])
        self.assertRegex(row[1]["text"], r"\d\d")


if __name__ == "__main__":
    unittest.main()
