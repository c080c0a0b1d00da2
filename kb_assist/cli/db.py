"""``kb-assist db``: upgrade, backup, restore, check, copy."""

from __future__ import annotations

import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import IO

import click

from kb_assist.bootstrap import open_contents, open_database
from kb_assist.cli.options import json_option
from kb_assist.cli.output import counting, print_json
from kb_assist.clock import SystemClock
from kb_assist.settings import Settings, load_settings
from kb_assist.storage import archive, copying
from kb_assist.storage import restore as restoring
from kb_assist.storage.backup import Backup, Opener, file_name, make_backup, prune
from kb_assist.storage.check import check as check_database
from kb_assist.storage.db import Database
from kb_assist.storage.keys import forget_key
from kb_assist.storage.upgrade import revision_of
from kb_assist.storage.upgrade import upgrade as run_migrations

_FILES = ("reports.jsonl", "fusion.json", "query-centre.npz")


@click.group()
def db() -> None:
    """The database: upgrade, backup, restore, check, copy."""


@db.command("upgrade")
def upgrade() -> None:
    """Run missing migrations. SQLite needs this only after a restore: `serve` does it itself."""
    done = run_migrations(open_database(load_settings()))
    click.echo(f"Done: {', '.join(done)}." if done else "Nothing to do: the database is current.")


@db.command("forget-key")
def forget() -> None:
    """Let the next node that starts decide about the key of cookies; stop all nodes before."""
    with open_database(load_settings()).write() as connection:
        known = forget_key(connection)
    click.echo("The key is forgotten." if known else "No key is kept in this database.")


@db.command("backup")
@click.option("--to", "target", type=click.Path(path_type=Path), help="File or folder.")
@click.option("--portable", is_flag=True, help="For another kind of database, too.")
@click.option("--keep", type=click.IntRange(1), help="Delete older ones in the folder.")
@json_option
def backup(target: Path | None, portable: bool, keep: int | None, as_json: bool) -> None:
    """Copy everything people wrote into one file and verify it; a server may run meanwhile."""
    settings = load_settings()
    made = _backup(settings, open_database(settings), target, portable=portable)
    deleted = prune(made.path.parent, keep) if keep else []
    if as_json:
        print_json({"file": str(made.path), "deleted": len(deleted)} | asdict(made.manifest))
        return
    rows = sum(made.manifest.rows.values())
    click.echo(f"{made.path}: {rows} rows of {len(made.manifest.rows)} tables, verified.")
    if deleted:
        click.echo(f"{len(deleted)} older backup(s) deleted.")


@db.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(file: Path, yes: bool) -> None:
    """Put a backup in the place of what is there, which is itself backed up first."""
    settings = load_settings()
    manifest = archive.verify(file)
    if not yes:
        click.confirm(f"Replace the database by the backup of {manifest.made_at}?", abort=True)
    database = open_database(settings)
    kept = _set_aside(settings, database)
    restoring.restore(database, file)
    files = restoring.restore_files(file, settings.var, open_contents(settings))
    rows = sum(manifest.rows.values())
    click.echo(f"Restored {rows} rows and {files} files as of {manifest.made_at}.")
    if kept:
        click.echo(f"What was there before: {kept}")


@db.command("check")
@click.option(
    "--backup",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Verify this backup instead.",
)
@json_option
def check(file: Path | None, as_json: bool) -> None:
    """Say whether the database, or a backup, is whole; exit 1 when it is not."""
    if file is not None:
        manifest = archive.verify(file)
        shown = {"file": str(file)} | asdict(manifest)
        print_json(shown) if as_json else click.echo(f"{file} is whole ({manifest.made_at}).")
        return
    health = check_database(open_database(load_settings()))
    if as_json:
        print_json(asdict(health))
    else:
        click.echo(f"{health.dialect}, revision {health.revision or 'none'}")
        for table, count in health.rows.items():
            click.echo(f"  {count:>9}  {table}")
        for fault in health.faults:
            click.echo(click.style("fault  ", fg="red", bold=True) + fault)
        if not health.faults:
            click.echo("All is well.")
    if health.faults:
        sys.exit(1)


@db.command("copy")
@click.option(
    "--to",
    "address",
    required=True,
    metavar="ADDRESS",
    help="sqlite:///file.db or postgresql://user@host/name.",
)
@click.option("--compare", is_flag=True, help="Copy nothing, only compare with an earlier copy.")
@json_option
def copy(address: str, compare: bool, as_json: bool) -> None:
    """Carry everything into another, empty database and compare both; exit 1 when they differ.

    An interrupted copy goes on where it was. Stop the servers first: what they write meanwhile
    is not carried along.
    """
    settings = load_settings()
    source, target = open_database(settings), Database(address)
    work = copying.compare if compare else copying.copy
    with counting("Comparing rows" if compare else "Copying, comparing") as progress:
        result = work(source, target, progress=progress)
    if as_json:
        print_json({"to": copying.label(target.url)} | asdict(result))
    else:
        _show_copied(settings, copying.label(target.url), result)
    if result.differences:
        sys.exit(1)


def _show_copied(settings: Settings, to: str, result: copying.Copied) -> None:
    if result.differences:
        click.echo(f"{to} is not the same:")
        for difference in result.differences:
            click.echo(click.style("differs  ", fg="red", bold=True) + difference)
        click.echo("Somebody wrote meanwhile. Stop the servers, empty the target, copy again.")
        return
    click.echo(
        f"{to}: {result.rows} rows of {len(result.tables)} tables, {result.written} of them"
        " written now. Numbers of rows and checksums are the same."
    )
    click.echo("Next: set KB_ASSIST_DATABASE_URL to it and start the server.")
    where = settings.files or settings.attachments_dir
    click.echo(
        f"Attachments stay in {where}: keep KB_ASSIST_VAR and KB_ASSIST_FILES as they are, or"
    )
    click.echo("take that folder along.")


def _backup(
    settings: Settings, database: Database, target: Path | None, *, portable: bool = False
) -> Backup:
    at = SystemClock().now()
    target = target or settings.var / "backups"
    if target.is_dir() or not target.suffix:
        target = _unused(target / file_name(at))
    return make_backup(database, target, at=at, files=lambda: _files(settings), portable=portable)


def _set_aside(settings: Settings, database: Database) -> Path | None:
    """A backup of what a restore is about to replace; None when there is nothing."""
    if database.path is not None and not database.path.exists():
        return None
    if revision_of(database) is None:
        return None
    name = f"before-restore-{file_name(SystemClock().now())}"
    return _backup(settings, database, _unused(settings.var / "backups" / name)).path


def _unused(path: Path) -> Path:
    """The path, with a number if there is such a file: it may be the one being restored."""
    names = [path, *(path.with_stem(f"{path.stem}-{number}") for number in range(2, 100))]
    return next(name for name in names if not name.exists())


def _files(settings: Settings) -> dict[str, Opener]:
    """What belongs to the data and is kept outside the database; the secret key is not among it."""
    paths = [settings.var / name for name in _FILES]
    found: dict[str, Opener] = {path.name: partial(_open, path) for path in paths}
    contents = open_contents(settings)
    for name in contents.names():
        found[f"attachments/{name[:2]}/{name}"] = partial(contents.open, name)
    return found


def _open(path: Path) -> IO[bytes]:
    return path.open("rb")
