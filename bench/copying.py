"""Tickets from SQLite to PostgreSQL and back: rows a second, the comparison included.

    python -m bench.copying [--count 50000]

Starts a PostgreSQL of its own, without durability, as the tests do.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from bench.tickets import fill, prepare
from kb_assist.storage.copying import compare, copy
from kb_assist.storage.db import Database, sqlite_url
from kb_assist.storage.upgrade import upgrade
from tests.databases import execute, postgresql_server


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50_000)
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory(prefix="kb-bench-") as name, postgresql_server() as server:
        folder = Path(name)
        source = Database(sqlite_url(folder / "source.db"))
        upgrade(source)
        prepare(source)
        fill(source, count)
        execute(server, "CREATE DATABASE bench")
        there = Database(server.set(database="bench"))
        back = Database(sqlite_url(folder / "back.db"))
        _timed("SQLite to PostgreSQL", source, there)
        _timed("PostgreSQL to SQLite", there, back)
        started = time.perf_counter()
        assert compare(source, back).differences == []
        print(f"comparing alone: {time.perf_counter() - started:.1f} s")
        for database in (source, there, back):
            database.close()


def _timed(label: str, source: Database, target: Database) -> None:
    started = time.perf_counter()
    result = copy(source, target)
    seconds = time.perf_counter() - started
    assert result.differences == [], result.differences
    print(f"{label}: {result.rows} rows in {seconds:.1f} s, {result.rows / seconds:.0f} a second")


if __name__ == "__main__":
    main()
