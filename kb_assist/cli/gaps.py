"""``kb-assist gaps``: find, report and measure what the documentation lacks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from kb_assist.bootstrap import Services
from kb_assist.cli.apart import open_apart
from kb_assist.cli.gaps_digest import digest_gaps
from kb_assist.cli.gaps_draft import draft_gap
from kb_assist.cli.gaps_health import content_health
from kb_assist.cli.gaps_prove import prove_due, prove_gaps
from kb_assist.cli.options import json_option
from kb_assist.cli.output import counting, print_json
from kb_assist.cli.services import opened
from kb_assist.gaps import detect as detection
from kb_assist.gaps import escalations, report, signals_store, stock, store, unchanged
from kb_assist.gaps import evaluate as evaluation
from kb_assist.gaps.find import find
from kb_assist.indexer.query_cache import query_vectors
from kb_assist.retrieval.tickets import load_tickets
from kb_assist.settings import load_settings


@click.group()
def gaps() -> None:
    """Find what the documentation lacks."""


gaps.add_command(content_health)
gaps.add_command(digest_gaps)
gaps.add_command(draft_gap)
gaps.add_command(prove_gaps)

_DAYS = click.IntRange(1, 3650)
_LAST_RUN = "gap-run.txt"
_FORMATS: dict[str, Callable[[dict[str, Any]], str]] = {
    "markdown": report.as_markdown,
    "html": report.as_html,
    "csv": report.as_csv,
}


@gaps.command()
@click.option("--days", type=_DAYS, default=90, show_default=True, help="How far to look back.")
@json_option
def detect(days: int, as_json: bool) -> None:
    """Find gaps in the stored tickets and keep them; for a timer, once a day.

    Repeating it changes nothing and ends after reading. Only new texts are embedded, and a run
    that was stopped goes on where it was. Decisions about gaps that are found again stay.
    """
    kept = detect_gaps(opened(), days)
    figures = {name: getattr(kept, name) for name in ("new", "continued", "gone", "reopened")}
    if as_json:
        print_json(figures)
    else:
        click.echo(", ".join(f"{count} {name}" for name, count in figures.items()))


def detect_gaps(services: Services, days: int) -> detection.Kept:
    """Read, find, keep; the model works between the two transactions.

    Where nothing is new since the last run, on this machine, nothing is found anew.
    """
    prove_due(services)
    now = services.clock.now()
    since = now - timedelta(days=days)
    with services.database.read() as connection:
        tickets = stock.unexplained(connection, since)
        heard = signals_store.heard(connection, since, services.reports.all())
        standing = detection.standing(connection, now)
    cache = services.settings.cache_dir
    searcher = services.engine.searcher()
    read = unchanged.digest(tickets, heard, searcher.snapshot.generation, searcher.parameters)
    if unchanged.is_last(cache / _LAST_RUN, unchanged.digest(read, standing)):
        return detection.Kept(0, sum(gap.found for gap in standing.gaps), 0, 0)
    with counting("Embedding tickets") as progress:
        queries = services.settings.gap_queries_file
        findings = find(searcher, tickets, queries, heard=heard, progress=progress)
    with services.database.write() as connection:
        kept = detection.keep(connection, findings, now)
        left = detection.standing(connection, now)
    unchanged.leave(cache / _LAST_RUN, unchanged.digest(read, left))
    return kept


@gaps.command("report")
@click.option("--days", type=_DAYS, default=90, show_default=True, help="Escalations since.")
@click.option("--format", "wanted", type=click.Choice(["json", *_FORMATS]), default="markdown")
def show_report(days: int, wanted: str) -> None:
    """Print gaps, largest first, and why tickets went from L1 to L2."""
    services = opened()
    since = services.clock.now() - timedelta(days=days)
    with services.database.read() as connection:
        known = store.all_gaps(connection)
        labels = escalations.of_window(connection, since, store.corrections(connection))
    made = report.compose(known, labels)
    if wanted == "json":
        print_json(made)
    else:
        click.echo(_FORMATS[wanted](made), nl=False)


@gaps.command()
@click.option("--articles", type=click.Path(path_type=Path), required=True, metavar="DIR")
@click.option(
    "--tickets",
    type=click.Path(path_type=Path),
    required=True,
    multiple=True,
    metavar="FILE",
    help="May be repeated; all files are taken as one stock of tickets.",
)
@json_option
def evaluate(articles: Path, tickets: tuple[Path, ...], as_json: bool) -> None:
    """Measure gap clusters on tickets whose topic is known.

    FILE holds one JSON object a line, as for 'kb-assist evaluate'; ``missing`` names the absent
    topic of a ticket that no article answers. The folder is indexed into the same cache.
    """
    known = [ticket for file in tickets for ticket in load_tickets(file)]
    apart = open_apart(load_settings(articles=articles))
    queries = evaluation.queries_of(known)
    with counting("Embedding tickets") as progress:
        texts = [query.text for query in queries]
        vectors = query_vectors(apart.queries_file, apart.embedder, texts, progress=progress)
    with counting("Suggesting") as progress:
        figures = evaluation.run(apart.searcher, known, queries, vectors, progress=progress)
    if as_json:
        print_json(figures)
    else:
        click.echo(_table(figures))


def _table(figures: dict[str, Any]) -> str:
    width = max(len(name) for name in figures)
    return "\n".join(
        f"{name.ljust(width)}  {'–' if value is None else value}" for name, value in figures.items()
    )
