"""Puts a backup in the place of what is there."""

from __future__ import annotations

import re
import tempfile
import zipfile
from pathlib import Path

from sqlalchemy import Connection, inspect
from sqlalchemy.sql import quoted_name

from kb_assist.contents import Contents
from kb_assist.errors import DatabaseOutdatedError, InputError
from kb_assist.storage import archive, full_text, rows
from kb_assist.storage.backup import copy_sqlite, faults_of_sqlite
from kb_assist.storage.db import Database, sqlite_url
from kb_assist.storage.upgrade import create_tables, newest_revision, upgrade

_ATTACHMENT = re.compile(r"attachments/([0-9a-f]{2})/\1[0-9a-f]{62}")


def restore(database: Database, path: Path) -> archive.Manifest:
    """Replace the database's whole content, then bring it up to date; a server may run meanwhile.

    Nothing is changed unless the backup is whole and its content arrived completely. Keep the
    present state with ``make_backup`` before.
    """
    manifest = archive.verify(path)
    if manifest.revision > newest_revision():
        raise DatabaseOutdatedError(
            f"The backup is of revision {manifest.revision}, which this version does not know.",
            remedy="It was made by a newer kb-assist: use that version.",
        )
    with archive.opened(path) as (package, _):
        if database.path is not None:
            _into_sqlite(database, package, manifest, path)
        elif manifest.content == "rows":
            with database.schema_change() as connection:
                _drop_everything(connection)
                _fill(connection, package, manifest, path)
        else:
            raise InputError(
                "A SQLite backup cannot be restored into PostgreSQL.",
                remedy="Make a portable one from the SQLite side: kb-assist db backup --portable",
            )
    database.close()
    upgrade(database)
    return manifest


def restore_files(path: Path, folder: Path, contents: Contents) -> int:
    """Put the files of a backup back, attachments into ``contents`` and others into ``folder``.

    Files of other names stay. Returns how many were put back.
    """
    count = 0
    with archive.opened(path) as (package, manifest):
        for name in manifest.parts:
            if name.startswith(archive.FILES_FOLDER):
                count += 1
                inside = name.removeprefix(archive.FILES_FOLDER)
                if _ATTACHMENT.fullmatch(inside):
                    contents.put(inside.rpartition("/")[2], package.read(name))
                    continue
                target = folder / inside
                if not target.resolve().is_relative_to(folder.resolve()):
                    raise archive.damaged(path, f"{name} leads out of the folder")
                archive.extract(package, name, target)
    return count


def _into_sqlite(
    database: Database, package: zipfile.ZipFile, manifest: archive.Manifest, path: Path
) -> None:
    """Prepare a file beside the database, check it, then copy it over in one transaction."""
    assert database.path is not None
    database.path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=database.path.parent) as folder:
        prepared = Path(folder) / "prepared.db"
        if manifest.content == "sqlite":
            archive.extract(package, archive.SQLITE_PART, prepared)
        else:
            made = Database(sqlite_url(prepared))
            with made.schema_change() as connection:
                _fill(connection, package, manifest, path)
            made.close()
        faults = faults_of_sqlite(prepared)
        if faults:
            raise archive.damaged(path, faults[0])
        copy_sqlite(prepared, database.path)


def _fill(
    connection: Connection, package: zipfile.ZipFile, manifest: archive.Manifest, path: Path
) -> None:
    create_tables(connection, manifest.revision)
    tables = [name for name in manifest.rows if name != full_text.TABLE]
    with rows.Loader(connection, tables) as loader:
        for name in tables:
            with package.open(f"{archive.ROWS_FOLDER}{name}.jsonl") as lines:
                _insist(path, manifest, name, loader.load(name, lines))
    if full_text.TABLE in manifest.rows:
        with package.open(f"{archive.ROWS_FOLDER}{full_text.TABLE}.jsonl") as lines:
            _insist(path, manifest, full_text.TABLE, rows.load_words(connection, lines))


def _insist(path: Path, manifest: archive.Manifest, name: str, loaded: int) -> None:
    expected = manifest.rows[name]
    if loaded != expected:
        raise archive.damaged(path, f"{name} has {loaded} rows and not {expected}")


def _drop_everything(connection: Connection) -> None:
    preparer = connection.dialect.identifier_preparer
    for table in inspect(connection).get_table_names():
        name = preparer.quote(quoted_name(table, quote=True))
        connection.exec_driver_sql(f"DROP TABLE {name} CASCADE")
