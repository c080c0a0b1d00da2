"""``kb-assist gaps``: find, report and measure what the documentation lacks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kb_assist.cli.apart import open_apart
from kb_assist.cli.options import json_option
from kb_assist.cli.output import counting, print_json
from kb_assist.gaps import evaluate as evaluation
from kb_assist.indexer.query_cache import query_vectors
from kb_assist.retrieval.tickets import load_tickets
from kb_assist.settings import load_settings


@click.group()
def gaps() -> None:
    """Find what the documentation lacks."""


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
