"""``kb-assist clients``: import, erase; ``kb-assist cis``: import."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kb_assist.cli.services import opened
from kb_assist.correlation.erase import erase_client
from kb_assist.errors import InputError
from kb_assist.tickets.model import SYSTEM
from kb_assist.tickets.privacy import remove_files
from kb_assist.tickets.records import store as records_store
from kb_assist.tickets.records.importing import apply_import, plan_import
from kb_assist.tickets.records.model import ImportPlan

_SHOWN = 20


@click.group()
def clients() -> None:
    """People and organisations: import them, forget them."""


@click.group()
def cis() -> None:
    """Configuration items and assets: import them."""


def _import_command(kind: str) -> click.Command:
    @click.command("import", help=f"Create and update {kind} from a CSV file; exit 1 if rejected.")
    @click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--dry-run", is_flag=True, help="Only say what would change.")
    def command(path: Path, dry_run: bool) -> None:
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
        with opened().desk(SYSTEM) as desk:
            plan = plan_import(desk, kind, text)
            if not dry_run:
                apply_import(desk, plan)
        _show(plan, dry_run=dry_run)
        if plan.rejected:
            sys.exit(1)

    return command


clients.add_command(_import_command("clients"))
cis.add_command(_import_command("cis"))


def _show(plan: ImportPlan, *, dry_run: bool) -> None:
    for one in plan.changed[:_SHOWN]:
        fields = ", ".join(f"{c.field}: {c.before!r} → {c.after!r}" for c in one.changes)
        click.echo(f"  {one.key}: {fields}")
    for line in plan.rejected[:_SHOWN]:
        click.echo(f"  line {line.line}: {line.reason}", err=True)
    would = "would be " if dry_run else ""
    click.echo(
        f"{len(plan.created)} {would}created, {len(plan.changed)} {would}changed,"
        f" {plan.unchanged} unchanged, {len(plan.rejected)} rejected."
    )


@clients.command("erase")
@click.argument("who")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(who: str, yes: bool) -> None:
    """Forget a client: WHO is the e-mail address or the id. Tickets stay as figures only."""
    services = opened()
    with services.database.read() as connection:
        if who.isdigit():
            client = records_store.client(connection, int(who))
        else:
            found = records_store.client_by_email(connection, who)
            if found is None:
                raise InputError(f"No client has the address {who}.")
            client = found
    if not yes:
        click.confirm(f"Forget {client.name} and the texts of their tickets?", abort=True)
    with services.desk(SYSTEM) as desk:
        erased = erase_client(desk, client.id)
    with services.database.write() as connection:
        remove_files(connection, services.shelf.contents, erased.files)
    click.echo(f"Forgotten, with the texts of {erased.tickets} tickets.")
