"""Backups while everything runs, verified before they count."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from kb_assist.errors import BackupDamagedError
from kb_assist.storage import archive, full_text, rows
from kb_assist.storage.db import Database, sqlite_url
from kb_assist.storage.upgrade import require_current, revision_of

_PREFIX = "kb-assist-"

Opener = Callable[[], IO[bytes]]


@dataclass(frozen=True, slots=True)
class Backup:
    path: Path
    manifest: archive.Manifest


def file_name(at: datetime) -> str:
    """``kb-assist-20261102-080000.zip``; sorts by time."""
    return f"{_PREFIX}{at:%Y%m%d-%H%M%S}.zip"


def make_backup(
    database: Database,
    target: Path,
    *,
    at: datetime,
    files: Callable[[], Mapping[str, Opener]] = dict,
    portable: bool = False,
) -> Backup:
    """Write everything to ``target`` and read it back; others go on reading and writing.

    ``files`` lists further files by the name they get; it is asked after the database was read,
    so that every file that the database refers to is among them. ``portable`` makes a SQLite
    backup that PostgreSQL can take in as well; PostgreSQL's always is.
    """
    with archive.writing(target) as writer:
        if database.path is not None and not portable:
            manifest = _copy_file(database, writer, at)
        else:
            manifest = _copy_rows(database, writer, at)
        for name, open_it in sorted(files().items()):
            writer.add_file(archive.FILES_FOLDER + name, open_it)
        archive.finish(writer, manifest)
    return Backup(target, archive.verify(target))


def prune(folder: Path, keep: int) -> list[Path]:
    """Delete all but the newest ``keep`` backups in a folder; returns what was deleted."""
    surplus = sorted(folder.glob(f"{_PREFIX}[0-9]*.zip"))[:-keep]
    for path in surplus:
        path.unlink()
    return surplus


@contextmanager
def sqlite_copy(source: Path) -> Iterator[Path]:
    """A consistent copy of a SQLite file that may be written to meanwhile."""
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=source.parent) as folder:
        copy = Path(folder) / "copy.db"
        copy_sqlite(source, copy)
        yield copy


def copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's online backup: ``target``'s content becomes ``source``'s, in one transaction."""
    with (
        closing(sqlite3.connect(source, timeout=60)) as origin,
        closing(sqlite3.connect(target, timeout=60)) as copy,
    ):
        origin.backup(copy)


def faults_of_sqlite(path: Path) -> list[str]:
    """What SQLite itself finds wrong with a file; empty when it is whole."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
            loose = connection.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.DatabaseError as error:
        return [str(error)]
    faults = [] if found == ["ok"] else found
    return faults + [f"a row of {table} refers to nothing" for table, *_ in loose]


def _copy_file(database: Database, writer: archive.ArchiveWriter, at: datetime) -> archive.Manifest:
    assert database.path is not None
    with sqlite_copy(database.path) as copy:
        faults = faults_of_sqlite(copy)
        if faults:
            raise BackupDamagedError(
                f"The database is damaged: {faults[0]}. No backup was made.",
                remedy="Restore the newest good backup: kb-assist db restore FILE",
            )
        copied = Database(sqlite_url(copy))
        revision = revision_of(copied)
        with copied.read() as connection:
            counts = rows.count_rows(connection)
        copied.close()
        writer.add_file(archive.SQLITE_PART, lambda: copy.open("rb"))
    return archive.Manifest("sqlite", revision or "", at.isoformat(), counts)


def _copy_rows(database: Database, writer: archive.ArchiveWriter, at: datetime) -> archive.Manifest:
    require_current(database)
    revision = revision_of(database)
    counts: dict[str, int] = {}
    with database.read() as connection:
        parts = [(t.name, rows.dump(connection, t)) for t in rows.stored_tables(connection)]
        for name, lines in [*parts, (full_text.TABLE, rows.dump_words(connection))]:
            counts[name] = -1  # the line with the names
            with writer.part(f"{archive.ROWS_FOLDER}{name}.jsonl") as stream:
                for line in lines:
                    stream.write(line)
                    counts[name] += 1
    return archive.Manifest("rows", revision or "", at.isoformat(), counts)
