"""Searches again with the tickets of gaps whenever a new index is published.

The proof names the index it was made on, so that it does not matter who notices a new one first,
or whether somebody was interrupted: what is due follows from what is stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from kb_assist.errors import NotFoundError
from kb_assist.gaps import cover, events, review, stock, store
from kb_assist.gaps.events import GapEventKind, Happening
from kb_assist.gaps.model import Gap, GapState, Stocked
from kb_assist.indexer.embedding.embedder import Vectors
from kb_assist.indexer.query_cache import query_vectors
from kb_assist.retrieval.query import clean_query
from kb_assist.retrieval.search import Searcher
from kb_assist.storage.db import Database
from kb_assist.tickets.model import SYSTEM, Actor

_FOLLOWED = (GapState.ACCEPTED, GapState.IN_WORK, GapState.PUBLISHED, GapState.VERIFIED)
# What makes a proof another one; the index alone does not.
_FIGURES = ("article", "tickets", "first", "found", "wip", "guessed")


@dataclass(frozen=True, slots=True)
class Proven:
    """What a gap's tickets find now; only where it differs from what they found before."""

    gap_id: int
    title: str
    proof: dict[str, Any]

    def sentence(self) -> str:
        found, first = self.proof["found"], self.proof["first"]
        return (
            f"{self.title}: {found} of {self.proof['tickets']} tickets find"
            f" {self.proof['article']} now, {first} at rank 1."
        )


def due(connection: Connection, generation: str) -> tuple[Gap, ...]:
    """Gaps that somebody works on or closed, and that this index was not tried on."""
    return tuple(
        gap
        for gap in store.all_gaps(connection)
        if gap.state in _FOLLOWED and (gap.proof or {}).get("index") != generation
    )


def prove(
    database: Database, searcher: Searcher, cache_file: Path, now: datetime
) -> tuple[Proven, ...]:
    """Try the index on every gap that is due and keep the outcome.

    A gap without an article of its own gets one proposed (``guessed``) when the index answers its
    tickets now. Embeds only texts that ``detect`` has not embedded, between two transactions.
    """
    with database.read() as connection:
        gaps = due(connection, searcher.snapshot.generation)
        tickets = {gap.id: stock.of_ids(connection, gap.ticket_ids) for gap in gaps}
    changed = []
    for gap in gaps:
        made = _one(searcher, gap, tickets[gap.id], cache_file)
        if made is None:
            continue
        is_new = _figures(made) != _figures(gap.proof or {})
        with database.write() as connection:
            store.keep_proof(connection, gap.id, made)
            if is_new:
                happening = Happening(GapEventKind.PROVEN, facts=made)
                events.record(connection, gap.id, happening, actor=SYSTEM, at=now)
        if is_new:
            changed.append(Proven(gap.id, gap.title, made))
    return tuple(changed)


def try_article(
    database: Database,
    searcher: Searcher,
    *,
    trial: tuple[int, str],
    cache_file: Path,
    by: tuple[Actor, datetime],
) -> dict[str, Any]:
    """Search with every ticket of a gap and keep how many find the article; it is the gap's then.

    ``trial``: the gap's id and the article's; ``by``: who and when. Raises NotFoundError.
    """
    gap_id, article_id = trial
    with database.read() as connection:
        gap = store.get(connection, gap_id)
        tickets = stock.of_ids(connection, gap.ticket_ids)
    vectors = _vectors(searcher, tickets, cache_file)
    made = review.proof(searcher, tickets, article_id, vectors=vectors)
    actor, now = by
    with database.write() as connection:
        if article_id != gap.article_id:
            store.set_article(connection, gap_id, article_id)
        store.keep_proof(connection, gap_id, made)
        happening = Happening(GapEventKind.PROVEN, facts=made)
        events.record(connection, gap_id, happening, actor=actor, at=now)
    return made


def _figures(proof: Any) -> list[Any]:
    return [proof.get(name) for name in _FIGURES]


def _one(
    searcher: Searcher, gap: Gap, tickets: Sequence[Stocked], cache_file: Path
) -> dict[str, Any] | None:
    """None where no article is known that could answer the gap."""
    vectors = _vectors(searcher, tickets, cache_file)
    if gap.article_id:
        try:
            return review.proof(searcher, tickets, gap.article_id, vectors=vectors)
        except NotFoundError:
            # Drafted and not merged yet, or taken out of the folder again.
            return None
    guess = _answer(searcher, tickets, vectors)
    if not guess:
        return None
    return review.proof(searcher, tickets, guess, vectors=vectors) | {"guessed": True}


def _vectors(searcher: Searcher, tickets: Sequence[Stocked], cache_file: Path) -> Vectors | None:
    if searcher.embedder is None:
        return None
    texts = [clean_query(ticket.question, language=ticket.language).text for ticket in tickets]
    return query_vectors(cache_file, searcher.embedder, texts)


def _answer(searcher: Searcher, tickets: Sequence[Stocked], vectors: Vectors | None) -> str:
    """The article that answers the tickets taken together; empty when none does."""
    if vectors is None:
        return ""
    chances, first = [], Counter[str]()
    for ticket, vector in zip(tickets, vectors, strict=True):
        query = clean_query(ticket.question, language=ticket.language)
        ranking = searcher.rank(query, vector)
        chances.append(ranking.chance_first)
        if len(ranking.rows):
            first[searcher.snapshot.article_at(int(ranking.rows[0])).id] += 1
    if not first or cover.together(chances) < cover.ANSWERED_FROM:
        return ""
    (article, count), *_ = first.most_common(1)
    return article if count * 2 > len(tickets) else ""
