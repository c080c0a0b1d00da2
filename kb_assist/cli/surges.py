"""``kb-assist tickets surges``: looks at new tickets for many alike in a short time."""

from __future__ import annotations

import click

from kb_assist.bootstrap import Services
from kb_assist.cli.services import opened
from kb_assist.correlation import meaning, surges, surges_store
from kb_assist.correlation.surges_store import Arrival, Surge
from kb_assist.errors import ModelUnavailableError
from kb_assist.indexer.embedding.embedder import Embedder
from kb_assist.tickets import suggest
from kb_assist.tickets.model import SYSTEM

# Nobody else writes into SQLite while these are looked at.
AT_ONCE = 64


@click.command("surges")
def look_for_surges() -> None:
    """Look at new tickets for surges; for a timer of five minutes or so."""
    found, looked = find_surges(opened())
    click.echo(f"{looked} tickets looked at, {len(found)} surges found.")
    for one in found:
        click.echo(f"  surge {one.id}: {len(one.tickets)} tickets like “{one.title}”")


def find_surges(services: Services) -> tuple[list[Surge], int]:
    """New surges, and how many tickets were looked at. Raises ModelUnavailableError."""
    embedder = services.engine.searcher().embedder
    if embedder is None:
        raise ModelUnavailableError("Surges are found by meaning, and there is no model.")
    space = meaning.space(embedder)
    found: list[Surge] = []
    looked = 0
    while True:
        fresh = _fresh(services, embedder, space.key)
        with services.desk(SYSTEM) as desk:
            new, kept = surges.look(desk, space, fresh)
        found += new
        looked += kept
        if len(fresh) < AT_ONCE:
            return found, looked


def _fresh(services: Services, embedder: Embedder, model_key: str) -> list[Arrival]:
    """The next new tickets with their meaning, made outside a transaction."""
    since = services.clock.now() - surges.KEPT
    with services.database.read() as connection:
        ids = surges_store.unseen(connection, model_key, since, AT_ONCE)
        asked = [suggest.question(connection, key) for key in ids]
    return meaning.arrivals(embedder, asked)
