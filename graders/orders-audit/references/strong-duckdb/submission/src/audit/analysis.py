"""A run: load, clean, answer, write to a folder beside the outputs, and move everything to its place."""

import csv
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterable
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import duckdb

from audit.answers import Answers, read_answers
from audit.figures import draw_figures
from audit.load import load_parts, load_reference
from audit.parts import header, part_paths
from audit.report import render_report

_WORK = ".work"
_OUTPUTS = (
    "cleaned.csv",
    "rejects.csv",
    "warehouse.sqlite",
    "plots/monthly_revenue.png",
    "plots/monthly_revenue.csv",
    "plots/return_rate.png",
    "plots/return_rate.csv",
    "answers.json",
    "report.md",
)


def analyze(source: Path, output: Path) -> None:
    paths = part_paths(source)
    for path in paths:
        header(path)
    with closing(_connect()) as connection:
        load_reference(connection, source / "reference.db")
        load_parts(connection, paths)
        _log("loaded")
        for script in ("clean.sql", "answers.sql"):
            connection.execute(files("audit").joinpath("sql", script).read_text(encoding="utf-8"))
        answers = read_answers(connection)
        _log(f"answered: {answers.json['meta']}")
        work = output / _WORK
        shutil.rmtree(work, ignore_errors=True)
        (work / "plots").mkdir(parents=True)
        _write(connection, answers, work)
    (output / "plots").mkdir(exist_ok=True)
    for name in _OUTPUTS:
        os.replace(work / name, output / name)
    shutil.rmtree(work)
    _log("done")


def _connect() -> duckdb.DuckDBPyConnection:
    """In memory. Nothing is downloaded, and nothing is kept in the home folder."""
    settings = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "memory_limit": "1200MB",
        "threads": "2",
    }
    return duckdb.connect(":memory:", config=settings)


def _write(connection: duckdb.DuckDBPyConnection, answers: Answers, work: Path) -> None:
    _write_cleaned(connection, work)
    rejects = connection.execute("SELECT file, line, reason FROM rejects ORDER BY file, line").fetchall()
    _write_csv(work / "rejects.csv", ("source_file", "line", "reason"), rejects)
    draw_figures(answers.json, work / "plots")
    for question, name, columns in (
        ("q1", "monthly_revenue", ("month", "net_revenue_usd")),
        ("q3", "return_rate", ("region", "orders", "returned", "rate", "low", "high")),
    ):
        points = (tuple(row[column] for column in columns) for row in answers.json[question])
        _write_csv(work / "plots" / f"{name}.csv", columns, points)
    text = json.dumps(answers.json, indent=1, ensure_ascii=False)
    (work / "answers.json").write_text(text, encoding="utf-8")
    reasons = connection.execute("SELECT reason, count(*) FROM rejects GROUP BY ALL ORDER BY ALL").fetchall()
    (work / "report.md").write_text(render_report(answers, reasons), encoding="utf-8")


def _write_cleaned(connection: duckdb.DuckDBPyConnection, work: Path) -> None:
    """The table goes to csv and to SQLite in one pass, in batches."""
    result = connection.execute("SELECT * FROM cleaned")
    names = [column[0] for column in result.description]
    columns = ", ".join(f"{name} {'INTEGER' if name == 'quantity' else 'TEXT'}" for name in names)
    with (
        (work / "cleaned.csv").open("w", encoding="utf-8", newline="") as file,
        closing(sqlite3.connect(work / "warehouse.sqlite")) as warehouse,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        warehouse.execute("PRAGMA synchronous = OFF")
        warehouse.execute(f"CREATE TABLE orders_clean ({columns}, PRIMARY KEY (order_id))")
        insert = f"INSERT INTO orders_clean VALUES ({', '.join('?' * len(names))})"
        while rows := result.fetchmany(20_000):
            writer.writerows(rows)
            warehouse.executemany(insert, rows)
        warehouse.commit()


def _write_csv(path: Path, columns: Iterable[str], rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _log(step: str) -> None:
    print(step, file=sys.stderr, flush=True)
