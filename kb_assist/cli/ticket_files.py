"""``kb-assist tickets import`` and ``tickets export``."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

import click

from kb_assist.cli.output import counting
from kb_assist.cli.services import opened
from kb_assist.redaction import Personal
from kb_assist.tickets.model import Actor, ActorKind
from kb_assist.tickets.transfer.exporting import COLUMNS, export_rows
from kb_assist.tickets.transfer.files import expected_rows, files_of, rows_of
from kb_assist.tickets.transfer.importing import BATCH, import_batch
from kb_assist.tickets.transfer.model import RawRow, RejectedRow

_SHOWN = 10

Row = RawRow | RejectedRow


@click.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--source", default="import", show_default=True, help="Name of the other system.")
@click.option(
    "--rejected", type=click.Path(path_type=Path), help="Write rejected rows here, as CSV."
)
def import_tickets(path: Path, source: str, rejected: Path | None) -> None:
    """Store tickets from CSV, JSON Lines, mbox or eml files, or from a folder of those.

    Stop it at any time and run it again: what is stored already is passed over. Exit code 1 when
    rows were rejected.
    """
    services = opened()
    actor = Actor(ActorKind.INTEGRATION, source)
    files = files_of(path)
    created = known = done = 0
    faults: list[RejectedRow] = []
    with counting("Importing tickets") as show:
        total = expected_rows(files)
        for batch in _batches(chain.from_iterable(rows_of(file) for file in files)):
            with services.desk(actor) as desk:
                result = import_batch(desk, batch, source=source)
            created, known = created + result.created, known + result.known
            faults += result.rejected
            done += len(batch)
            show(done, max(total, done))
    click.echo(f"{created} tickets stored, {known} were known, {len(faults)} rows rejected.")
    if faults:
        _report(faults, rejected)
        sys.exit(1)


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        yield batch


def _report(faults: list[RejectedRow], path: Path | None) -> None:
    for fault in faults[:_SHOWN]:
        click.echo(f"  {fault.place.file}:{fault.place.line}: {fault.reason}", err=True)
    if len(faults) > _SHOWN and path is None:
        click.echo("  … all of them: --rejected FILE", err=True)
    if path is not None:
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["file", "line", "reason"])
            writer.writerows([f.place.file, f.place.line, f.reason] for f in faults)


@click.command("export")
@click.option("--output", type=click.File("w", encoding="utf-8", lazy=False), default="-")
@click.option("--format", "style", type=click.Choice(["jsonl", "csv"]), default="jsonl")
@click.option(
    "--with-personal-data", is_flag=True, help="Replace nothing; see the setting KB_ASSIST_REDACT."
)
def export_tickets(output: TextIO, style: str, with_personal_data: bool) -> None:
    """Write all tickets, JSON Lines with their comments or CSV without."""
    services = opened()
    words = services.settings.redact.split(",") if services.settings.redact else []
    kinds = None if with_personal_data else [Personal(word) for word in words]
    writer = csv.DictWriter(output, COLUMNS, extrasaction="ignore") if style == "csv" else None
    if writer is not None:
        writer.writeheader()
    with services.database.read() as connection:
        for row in export_rows(connection, kinds):
            if writer is not None:
                writer.writerow(row)
            else:
                output.write(json.dumps(row, ensure_ascii=False) + "\n")
