"""Writes outputs that are too large, no files, never at an end, or not what their names say; differently each time."""

import os
import pickle
import sqlite3
import struct
import sys
import zlib
from contextlib import closing
from pathlib import Path

COLUMNS = "customer_id product_id region ordered_at quantity unit_price currency discount_pct exported_at net_revenue_usd"
ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS order_id, "
    + ", ".join(f"i AS {column}" for column in COLUMNS.split())
    + " FROM n"
)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bomb() -> bytes:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(300)) + packer.flush()
    header = struct.pack(">IIBBBBB", 10_000, 7_400, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def main() -> None:
    folder = Path(sys.argv[1])
    plots = folder / "plots"
    again = plots.exists()
    plots.mkdir(exist_ok=True)
    for path in [*folder.iterdir(), *plots.iterdir()]:
        if not path.is_dir() or path.is_symlink():
            path.unlink()
    with (folder / "cleaned.csv").open("wb") as file:
        file.truncate(500 << 20)
    os.mkfifo(folder / "rejects.csv")
    (folder / "answers.json").write_text('{"meta": [], "meta": NaN}' if again else "[" * 500_000)
    if again:
        (folder / "warehouse.sqlite").write_bytes(b"SQLite format 3\0" + os.urandom(8192))
        (folder / "report.md").symlink_to("/etc/passwd")
    else:
        with closing(sqlite3.connect(folder / "warehouse.sqlite")) as connection:
            connection.execute(f"CREATE VIEW orders_clean AS {ENDLESS}")
        (folder / "report.md").write_text("![" * 1_000_000)
    (plots / "monthly_revenue.png").write_bytes(bomb())
    (plots / "return_rate.png").symlink_to("/proc/self/mem")
    (plots / "monthly_revenue.csv").write_bytes(pickle.dumps({"month": [1, 2]}))
    (plots / "return_rate.csv").symlink_to("../cleaned.csv")


main()
