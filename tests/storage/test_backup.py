"""Backups: complete, verified, restorable, also while others write."""

from __future__ import annotations

import sqlite3
import stat
import threading
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from kb_assist.contents import FolderContents
from kb_assist.errors import BackupDamagedError, DatabaseOutdatedError, InputError
from kb_assist.storage import archive
from kb_assist.storage.backup import Backup, Opener, file_name, make_backup, prune
from kb_assist.storage.check import check
from kb_assist.storage.db import Database, sqlite_url
from kb_assist.storage.restore import restore, restore_files
from kb_assist.storage.tables.accounts import account_events, api_tokens, groups, users
from kb_assist.storage.upgrade import pending

HASH = "ab" * 32
NOON = datetime(2026, 11, 2, 12, 0, 0, 5, tzinfo=UTC)


def fill(database: Database, name: str = "Größe & Co.") -> None:
    with database.write() as connection:
        person = {"login": name, "display_name": name, "role": "admin", "created_at": NOON}
        user = connection.execute(insert(users).values(person).returning(users.c.id)).scalar_one()
        connection.execute(insert(groups).values(name=name, support_level="l3"))
        facts = {"text": "Zeile\n„zwei“", "nothing": None, "list": [1, 2.5]}
        event = {"at": NOON, "kind": "created", "user_id": user, "actor_id": user, "facts": facts}
        connection.execute(insert(account_events).values(event))
        token = {"user_id": user, "name": "x", "token_hash": name, "hint": "kba_", "scopes": ["a"]}
        times = {"created_at": NOON, "expires_at": NOON}
        connection.execute(insert(api_tokens).values(token | times))


def content(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in (users, groups, account_events, api_tokens)
        }


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "backups" / "one.zip"


@pytest.mark.parametrize("portable", [False, True])
def test_a_backup_brings_everything_back(database: Database, target: Path, portable: bool) -> None:
    fill(database)
    before = content(database)
    backup = make_backup(database, target, at=NOON, portable=portable)
    fill(database, "somebody else")
    restore(database, target)

    assert content(database) == before
    assert backup.manifest.rows["users"] == 1
    assert check(database).faults == []


def test_the_log_is_still_append_only_and_numbers_go_on_after_restoring(
    database: Database, target: Path
) -> None:
    fill(database)
    make_backup(database, target, at=NOON, portable=True)
    restore(database, target)
    fill(database, "next")
    numbers = [row[0] for row in content(database)["account_events"]]
    with pytest.raises(Exception, match="append-only"), database.write() as connection:
        connection.execute(account_events.delete())

    assert numbers == [1, 2]


def test_a_portable_backup_moves_from_one_database_to_the_other(
    database: Database, target: Path, tmp_path: Path
) -> None:
    fill(database)
    make_backup(database, target, at=NOON, portable=True)
    other = Database(sqlite_url(tmp_path / "other.db"))
    restore(other, target)

    assert content(other) == content(database)
    assert pending(other) == []
    other.close()


@pytest.fixture
def embedded(sqlite_template: Path, tmp_path: Path) -> Database:
    path = tmp_path / "embedded.db"
    path.write_bytes(sqlite_template.read_bytes())
    return Database(sqlite_url(path))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_portable_backup_of_sqlite_goes_to_postgresql_and_others_do_not(
    database: Database, embedded: Database, target: Path
) -> None:
    fill(embedded)
    make_backup(embedded, target, at=NOON)
    with pytest.raises(InputError) as caught:
        restore(database, target)
    make_backup(embedded, target, at=NOON, portable=True)
    restore(database, target)

    assert "--portable" in caught.value.remedy
    assert content(database) == content(embedded)
    embedded.close()


def test_a_backup_while_others_write_is_consistent(embedded: Database, target: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            fill(embedded, f"person {number}")
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        counts = [make_backup(embedded, target, at=NOON).manifest.rows for _ in range(5)]
    finally:
        stop.set()
        writer.join()

    assert all(each["users"] == each["account_events"] == each["groups"] for each in counts)
    embedded.close()


def test_a_restore_works_while_others_hold_the_database_open(
    embedded: Database, target: Path
) -> None:
    fill(embedded)
    make_backup(embedded, target, at=NOON)
    fill(embedded, "later")
    server = Database(embedded.url)
    seen_before = len(content(server)["users"])
    restore(embedded, target)

    assert (seen_before, len(content(server)["users"])) == (2, 1)
    fill(server, "after")
    assert len(content(embedded)["users"]) == 2
    server.close()
    embedded.close()


def _rewrite(path: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    with zipfile.ZipFile(path, "w") as package:
        for name, body in parts.items():
            changed = change(name, body)
            if changed is not None:
                package.writestr(name, changed)


@pytest.fixture
def backup(embedded: Database, target: Path) -> Backup:
    fill(embedded)
    return make_backup(embedded, target, at=NOON)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _flip(path: Path) -> None:
    changed = bytearray(path.read_bytes())
    changed[len(changed) // 2] ^= 0xFF
    path.write_bytes(changed)


def _alter(path: Path) -> None:
    _rewrite(path, lambda name, body: body if name == archive.MANIFEST else body[:-1] + b"x")


def _lose(path: Path) -> None:
    _rewrite(path, lambda name, body: None if name == archive.SQLITE_PART else body)


def _unlist(path: Path) -> None:
    _rewrite(path, lambda name, body: None if name == archive.MANIFEST else body)


@pytest.mark.parametrize("damage", [_cut, _flip, _alter, _lose, _unlist])
def test_a_damaged_backup_is_refused_and_changes_nothing(
    backup: Backup, embedded: Database, damage: Callable[[Path], None]
) -> None:
    fill(embedded, "later")
    before = content(embedded)
    damage(backup.path)
    with pytest.raises((BackupDamagedError, zipfile.BadZipFile)):
        restore(embedded, backup.path)

    assert content(embedded) == before
    embedded.close()


def test_a_damaged_database_is_not_backed_up(embedded: Database, target: Path) -> None:
    for number in range(50):
        fill(embedded, f"person {number}")
    embedded.close()
    assert embedded.path is not None
    with closing(sqlite3.connect(embedded.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw = bytearray(embedded.path.read_bytes())
    raw[4096 * 2 : 4096 * 12] = b"\xaa" * (4096 * 10)
    embedded.path.write_bytes(raw)

    assert check(embedded).faults != []
    with pytest.raises(BackupDamagedError):
        make_backup(embedded, target, at=NOON)
    assert list(target.parent.iterdir()) == []
    embedded.close()


def test_a_backup_of_a_newer_version_is_refused(backup: Backup, embedded: Database) -> None:
    _rewrite(
        backup.path,
        lambda name, body: (
            body.replace(b'"revision": "0', b'"revision": "9') if name == archive.MANIFEST else body
        ),
    )
    with pytest.raises(DatabaseOutdatedError, match=r"9\d{3}"):
        restore(embedded, backup.path)
    embedded.close()


def test_only_its_owner_can_read_a_backup(backup: Backup) -> None:
    assert stat.S_IMODE(backup.path.stat().st_mode) == 0o600


def test_files_come_back_and_never_lead_out_of_the_folder(
    embedded: Database, target: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.bin"
    kept.write_bytes(b"attachment")
    make_backup(
        embedded,
        target,
        at=NOON,
        files=lambda: {
            name: lambda: kept.open("rb") for name in ("fusion.json", f"attachments/ab/{HASH}")
        },
    )
    contents = FolderContents(tmp_path / "elsewhere")
    back = restore_files(target, tmp_path / "var", contents)
    make_backup(embedded, target, at=NOON, files=lambda: {"../outside": lambda: kept.open("rb")})
    with pytest.raises(BackupDamagedError):
        restore_files(target, tmp_path / "var", contents)

    assert back == 2
    assert (tmp_path / "var/fusion.json").read_bytes() == b"attachment"
    assert contents.path(HASH).read_bytes() == b"attachment"
    assert not (tmp_path / "outside").exists()
    embedded.close()


def test_files_are_listed_after_the_database_was_read_and_erased_ones_left_out(
    embedded: Database, target: Path, tmp_path: Path
) -> None:
    late = tmp_path / "late.bin"

    def files() -> dict[str, Opener]:
        fill(embedded, "after the database was read")
        late.write_bytes(b"x")
        gone = tmp_path / "gone"
        return {
            "attachments/late": lambda: late.open("rb"),
            "attachments/erased": lambda: gone.open("rb"),
        }

    manifest = make_backup(embedded, target, at=NOON, files=files).manifest

    assert manifest.rows["users"] == 0
    assert set(manifest.parts) == {archive.SQLITE_PART, "files/attachments/late"}
    embedded.close()


def test_only_the_newest_backups_are_kept(tmp_path: Path) -> None:
    for day in range(1, 6):
        (tmp_path / file_name(NOON.replace(day=day))).touch()
    (tmp_path / "before-restore-kb-assist-1.zip").touch()
    deleted = prune(tmp_path, 2)

    assert [path.name for path in deleted] == [file_name(NOON.replace(day=d)) for d in (1, 2, 3)]
    assert len(list(tmp_path.iterdir())) == 3


def test_an_empty_place_is_reported_not_created(tmp_path: Path) -> None:
    nowhere = Database(sqlite_url(tmp_path / "none.db"))

    assert check(nowhere).faults == ["There is no database file yet."]
    assert not (tmp_path / "none.db").exists()
