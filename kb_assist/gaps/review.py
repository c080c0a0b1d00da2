"""A content owner decides about a gap; a gap is verified only by its proof."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from kb_assist.articles.model import Confidence
from kb_assist.gaps import events, store
from kb_assist.gaps.events import GapEventKind, Happening
from kb_assist.gaps.inflow import Inflow, around
from kb_assist.gaps.model import Decision, Gap, GapState, NotDecided, Stocked
from kb_assist.indexer.embedding.embedder import Vectors
from kb_assist.retrieval.query import clean_query
from kb_assist.retrieval.search import Searcher
from kb_assist.tickets.model import SYSTEM, Actor

# Verified means that most of the gap's tickets now find the article among the first three.
_PROVEN_SHARE = 0.5
_WITHIN = 3


def decide(
    connection: Connection,
    gap_id: int,
    decision: Decision,
    now: datetime,
    *,
    actor: Actor = SYSTEM,
) -> Gap | NotDecided:
    """Raises NotFoundError."""
    gap = store.get(connection, gap_id)
    lacks = lacking(gap, decision)
    if lacks:
        return NotDecided(lacks)
    store.decide(connection, gap_id, decision, now)
    facts = {"before": gap.state.value, "after": decision.state.value}
    happening = Happening(GapEventKind.DECIDED, decision.reason, facts)
    events.record(connection, gap_id, happening, actor=actor, at=now)
    return store.get(connection, gap_id)


def lacking(gap: Gap, decision: Decision) -> str:
    """What a decision needs and does not have; empty when nothing is missing."""
    if decision.state is GapState.DISMISSED and not decision.reason.strip():
        return "reason"
    if decision.state is GapState.PUBLISHED and not (decision.article_id or gap.article_id):
        return "article"
    if decision.state is GapState.VERIFIED and not proven(gap):
        return "proof"
    return ""


def proven(gap: Gap) -> bool:
    """Whether the stored proof shows that most tickets find the article and L1 may read it."""
    if not gap.proof or not gap.proof["tickets"] or gap.proof.get("wip"):
        return False
    if gap.article_id and gap.proof.get("article", gap.article_id) != gap.article_id:
        return False
    return bool(gap.proof["found"] / gap.proof["tickets"] > _PROVEN_SHARE)


def inflow(connection: Connection, gaps: Sequence[Gap], now: datetime) -> dict[int, Inflow]:
    """Tickets per week before the article came out and since, by gap; only of published ones."""
    published = {gap.id: gap.published_at for gap in gaps if gap.published_at is not None}
    came = store.arrivals(connection, list(published))
    return {gap_id: around(came[gap_id], at, now) for gap_id, at in published.items()}


def proof(
    searcher: Searcher,
    tickets: Sequence[Stocked],
    article_id: str,
    *,
    vectors: Vectors | None = None,
) -> dict[str, Any]:
    """How many of a gap's tickets find the article, or a translation of it, now.

    ``vectors``: the raw query vectors of the tickets where the caller has them; otherwise every
    ticket is embedded, so that it runs outside a transaction. To be kept by ``store.keep_proof``.
    Raises NotFoundError for an article the index does not hold.
    """
    article = searcher.snapshot.article(article_id)
    wanted = {article.id, *(other.id for other in searcher.snapshot.translations(article))}
    ranks = []
    for at, ticket in enumerate(tickets):
        query = clean_query(ticket.question, language=ticket.language)
        ranking = searcher.rank(query, searcher.embed(query) if vectors is None else vectors[at])
        ids = [searcher.snapshot.article_at(int(row)).id for row in ranking.rows[:_WITHIN]]
        ranks.append(next((at for at, one in enumerate(ids, start=1) if one in wanted), 0))
    return {
        "article": article_id,
        "tickets": len(ranks),
        "first": sum(rank == 1 for rank in ranks),
        "found": sum(rank > 0 for rank in ranks),
        "wip": article.confidence is Confidence.WIP,
        "index": searcher.snapshot.generation,
    }
