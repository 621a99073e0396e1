"""The plain pass beside a submission's time: it gets through whatever the generator writes."""

import tempfile
import unittest
from pathlib import Path

from generator import PROFILES, generate
from yardstick import seconds_of_a_plain_pass


class PlainPass(unittest.TestCase):
    def test_it_reads_every_profile(self) -> None:
        for profile in PROFILES:
            with self.subTest(profile), tempfile.TemporaryDirectory() as folder:
                source = Path(folder) / "input"
                generate(profile, 1, 300).write(source)
                self.assertGreater(seconds_of_a_plain_pass(source), 0)


if __name__ == "__main__":
    unittest.main()
