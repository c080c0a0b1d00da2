"""``kb-assist tickets``: the demo, and what a timer or a person runs on stored tickets."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from kb_assist.articles.library import load_library
from kb_assist.bootstrap import Services
from kb_assist.cli.output import counting
from kb_assist.cli.services import opened
from kb_assist.cli.surges import look_for_surges
from kb_assist.cli.ticket_files import export_tickets, import_tickets
from kb_assist.correlation.demo import load_demo_status
from kb_assist.correlation.erase import erase_old
from kb_assist.errors import InputError
from kb_assist.monitoring.definition import read_tools
from kb_assist.tickets import store, suggest, vectors_store
from kb_assist.tickets.autoclose import close_resolved
from kb_assist.tickets.demo.queue import DemoFiles, Loaded, load_demo
from kb_assist.tickets.demo.runs import DemoGuides, load_demo_runs
from kb_assist.tickets.guiding import note_abandoned
from kb_assist.tickets.mail.fetch import Account, fetch, keep
from kb_assist.tickets.mail.message import Mail
from kb_assist.tickets.model import SYSTEM
from kb_assist.tickets.privacy import remove_files

_REINDEX_AT_ONCE = 500
_DEMO_PORT = ":8080/"
_PACKAGE = Path(__file__).parent.parent
_DEMO_FOLDERS = (_PACKAGE.parent / "demo", _PACKAGE / "demo" / "tickets")


@click.group()
def tickets() -> None:
    """Tickets: load, close, import, export, erase."""


@tickets.command("demo")
def demo() -> None:
    """Load the invented tickets, clients and configuration items, once."""
    click.echo(demo_summary(load_demo_files(opened())))


def load_demo_files(services: Services) -> Loaded:
    """What is not there yet; raises InputError where the demo is not installed."""
    folder = next((f for f in _DEMO_FOLDERS if (f / "clients.csv").is_file()), None)
    if folder is None:
        raise InputError("The demo tickets are not part of this installation.")
    lines, today = _lines(folder / "tickets.jsonl"), _lines(folder / "today.jsonl")
    library = load_library(services.settings.articles)
    files = DemoFiles(
        clients=(folder / "clients.csv").read_text(encoding="utf-8"),
        cis=(folder / "cis.csv").read_text(encoding="utf-8"),
        tickets=lines,
        article_ids={article.path: article.id for article in library.articles},
    )
    # They all are this server, which may listen elsewhere.
    own = f":{services.settings.port}/"
    tools = [
        replace(tool, target=tool.target.replace(_DEMO_PORT, own))
        for tool in read_tools(folder / "tools.toml")
    ]
    held = services.guides.now()
    guides = DemoGuides(held.guides, held.folder.cases if held.folder else {})
    with services.desk(SYSTEM) as desk:
        loaded = load_demo(desk, files)
        load_demo_status(desk, tools, today)
        return replace(loaded, runs=load_demo_runs(desk, guides))


def _lines(file: Path) -> list[dict[str, Any]]:
    written = file.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in written if line.strip()]


def demo_summary(loaded: Loaded) -> str:
    if not loaded.tickets:
        return "The demo tickets were there already."
    runs = f", and {loaded.runs} runs of guides" if loaded.runs else ""
    return (
        f"{loaded.tickets} demo tickets, {loaded.clients} clients and {loaded.cis}"
        f" configuration items{runs} are loaded."
    )


@tickets.command("auto-close")
def auto_close() -> None:
    """Close tickets resolved long ago, count guides nobody went on with; for a daily timer."""
    services = opened()
    days = services.settings.auto_close_days
    total, last = 0, 0 if days else None
    while last is not None:
        with services.desk(SYSTEM) as desk:
            closed = close_resolved(desk, timedelta(days=days), after_id=last)
        total, last = total + closed.count, closed.last_id
    abandoned = 0
    while True:
        with services.desk(SYSTEM) as desk:
            noted = note_abandoned(desk)
        abandoned += noted
        if not noted:
            break
    click.echo(f"{total} tickets closed, {abandoned} guides were left unfinished.")


@tickets.command("fetch-mail")
def fetch_mail() -> None:
    """Make tickets of the unread mails of the IMAP mailbox; for a timer of a few minutes."""
    services = opened()
    settings = services.settings
    if settings.imap_host is None or settings.imap_password is None:
        raise InputError(
            "No mailbox is set up.",
            remedy="Set KB_ASSIST_IMAP_HOST, KB_ASSIST_IMAP_USER and KB_ASSIST_IMAP_PASSWORD_FILE.",
        )
    password = settings.imap_password.get_secret_value()
    account = Account(
        settings.imap_host, settings.imap_port, settings.imap_user, password, settings.imap_folder
    )

    def keep_one(mail: Mail) -> str:
        with services.desk(SYSTEM) as desk:
            return keep(desk, mail, services.shelf)

    done = fetch(account, keep_one)
    click.echo(f"{done.tickets} tickets, {done.comments} comments, {done.skipped} mails skipped.")


@tickets.command("retention")
def retention() -> None:
    """Empty tickets closed longer ago than KB_ASSIST_RETENTION_DAYS; for a daily timer."""
    services = opened()
    days = services.settings.retention_days
    total = 0
    while days:
        with services.desk(SYSTEM) as desk:
            erased = erase_old(desk, timedelta(days=days))
        with services.database.write() as connection:
            remove_files(connection, services.shelf.contents, erased.files)
        total += erased.tickets
        if not erased.tickets:
            break
    click.echo(f"{total} tickets emptied." if days else "Nothing to do: retention is off.")


@tickets.command("reindex")
def reindex() -> None:
    """Make all tickets findable again, after a restore into another kind of database."""
    services = opened()
    done = after = 0
    with counting("Reading tickets") as show:
        while True:
            with services.database.write() as connection:
                batch = store.after_id(connection, after, _REINDEX_AT_ONCE)
                store.index_words(connection, {ticket.id: ticket for ticket in batch})
            if not batch:
                break
            after, done = batch[-1].id, done + len(batch)
            show(done, done)
    click.echo(f"{done} tickets can be found.")


@tickets.command("embed")
@click.option("--limit", default=0, help="Stop after this many; 0: all.")
def embed(limit: int) -> None:
    """Store the meaning of resolved tickets, so that similar ones are found without common words.

    For a nightly timer; goes on where it stopped.
    """
    click.echo(f"The meaning of {embed_resolved(opened(), limit)} tickets is stored.")


def embed_resolved(services: Services, limit: int = 0) -> int:
    """Store what is missing, at most ``limit`` (0: all) tickets; how many were stored."""
    searcher = services.engine.searcher()
    done = 0
    with counting("Embedding tickets") as show:
        while not limit or done < limit:
            with services.database.read() as connection:
                asked = suggest.without_vector(connection, searcher)
            batch = suggest.embedded(searcher, asked) if asked else None
            if batch is None:
                break
            with services.database.write() as connection:
                vectors_store.put(connection, batch)
            done += len(asked)
            show(done, max(done, limit))
    return done


tickets.add_command(import_tickets)
tickets.add_command(export_tickets)
tickets.add_command(look_for_surges)
