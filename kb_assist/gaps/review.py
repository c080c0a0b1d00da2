"""A content owner decides about a gap; a gap is verified only by its proof."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from kb_assist.gaps import events, store
from kb_assist.gaps.events import GapEventKind, Happening
from kb_assist.gaps.model import Decision, Gap, GapState, NotDecided, Stocked
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
    """Whether the stored proof shows that most tickets find the article."""
    if not gap.proof or not gap.proof["tickets"]:
        return False
    return bool(gap.proof["found"] / gap.proof["tickets"] > _PROVEN_SHARE)


def proof(searcher: Searcher, tickets: Sequence[Stocked], article_id: str) -> dict[str, Any]:
    """How many of a gap's tickets find the article now; to be kept by ``store.keep_proof``.

    Embeds, so it runs outside a transaction.
    """
    ranks = []
    for ticket in tickets:
        query = clean_query(ticket.question, language=ticket.language)
        ranking = searcher.rank(query, searcher.embed(query))
        ids = [searcher.snapshot.article_at(int(row)).id for row in ranking.rows[:_WITHIN]]
        ranks.append(ids.index(article_id) + 1 if article_id in ids else 0)
    return {
        "article": article_id,
        "tickets": len(ranks),
        "first": sum(rank == 1 for rank in ranks),
        "found": sum(rank > 0 for rank in ranks),
        "index": searcher.snapshot.generation,
    }
