"""Finds gaps in stored tickets: group first, then ask whether articles answer a group.

The steps are apart because a model must not run inside a transaction: read the stock, find, then
keep. Running twice changes nothing; only texts that are new are embedded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from sqlalchemy import Connection

from kb_assist.errors import ModelUnavailableError
from kb_assist.gaps import cover, events, identity, label, store
from kb_assist.gaps.burst import is_burst
from kb_assist.gaps.cluster import group
from kb_assist.gaps.events import GapEventKind, Happening
from kb_assist.gaps.inflow import weekly
from kb_assist.gaps.model import Chances, Decision, Finding, Gap, GapState, Stocked
from kb_assist.gaps.space import around_language, comparable
from kb_assist.indexer.embedder import Vectors
from kb_assist.indexer.query_cache import query_vectors
from kb_assist.indexer.space import unit
from kb_assist.retrieval.model import Query
from kb_assist.retrieval.query import clean_query
from kb_assist.retrieval.search import Searcher
from kb_assist.tickets.model import SYSTEM
from kb_assist.tickets.words import telling_terms

FEWEST_TICKETS = 3
# The most central tickets of a group speak for it; more change the vote little and cost time.
_VOTERS = 12
# A closed gap with so many tickets since then is open again.
_COMES_BACK_AT = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """What a run changed."""

    new: int
    continued: int
    gone: int
    reopened: int


def find(
    searcher: Searcher,
    stock: Sequence[Stocked],
    cache_file: Path,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Finding]:
    """The gaps in a stock of tickets, those with most tickets first.

    Raises ModelUnavailableError without vectors, because words alone do not group tickets.
    """
    embedder = searcher.embedder
    if embedder is None:
        raise ModelUnavailableError(
            "Gaps need the embedding model.", remedy="See 'kb-assist doctor'."
        )
    if len(stock) < FEWEST_TICKETS:
        return []
    queries = [clean_query(t.question, language=t.language) for t in stock]
    texts = [query.text for query in queries] + [t.resolution for t in stock if t.resolution]
    raw = query_vectors(cache_file, embedder, texts, progress=progress)
    vectors = _comparable(searcher, stock, queries, raw)
    terms = [telling_terms(t.question, t.language) for t in stock]
    spread = Counter(term for of_ticket in terms for term in set(of_ticket))
    newest = max(ticket.created_at for ticket in stock)
    groups = group(vectors)
    findings = []
    for name in np.flatnonzero(np.bincount(groups) >= FEWEST_TICKETS).tolist():
        members = np.flatnonzero(groups == name).tolist()
        if is_burst([stock[at].created_at for at in members]):
            continue
        chances = _vote(searcher, members, vectors, queries, raw)
        if not cover.answered(chances):
            tickets = [stock[at] for at in members]
            words = [terms[at] for at in members]
            found = label.facts(tickets, vectors[members], words, spread, chances)
            arrived = {ticket.id: ticket.created_at for ticket in tickets}
            found["weeks"] = weekly(list(arrived.values()), newest)
            findings.append(Finding(frozenset(arrived), found, arrived))
    return sorted(findings, key=lambda f: (-len(f.ticket_ids), min(f.ticket_ids)))


def keep(connection: Connection, findings: Sequence[Finding], now: datetime) -> Kept:
    """Store what was found; gaps that share half of their tickets with a finding continue."""
    known = {gap.id: gap for gap in store.all_gaps(connection)}
    continued = identity.matched(
        [finding.ticket_ids for finding in findings],
        {gap.id: gap.ticket_ids for gap in known.values()},
    )
    reopened = 0
    for finding, gap_id in zip(findings, continued, strict=True):
        if gap_id is None:
            _propose(connection, finding, now)
            continue
        gap = known[gap_id]
        store.renew(connection, gap, finding, now)
        if comes_back(gap, finding, now):
            reopened += 1
            _reopen(connection, gap, finding, now)
    gone = [gap for gap in known.values() if gap.found and gap.id not in continued]
    for gap in gone:
        store.mark_gone(connection, gap.id)
    old = sum(gap_id is not None for gap_id in continued)
    return Kept(len(findings) - old, old, len(gone), reopened)


def comes_back(gap: Gap, finding: Finding, now: datetime) -> bool:
    """Whether a gap somebody closed is open again.

    Three tickets that no article answers came after its article did, whatever the number of runs
    that saw them; or its dismissal ran out.
    """
    if gap.state is GapState.DISMISSED:
        return gap.dismissed_until is not None and gap.dismissed_until < now.date()
    closed = gap.state in (GapState.PUBLISHED, GapState.VERIFIED)
    return closed and finding.since(gap.published_at or gap.decided_at) >= _COMES_BACK_AT


def _propose(connection: Connection, finding: Finding, now: datetime) -> None:
    gap_id = store.add(connection, finding, now)
    happening = Happening(GapEventKind.PROPOSED, facts={"tickets": len(finding.ticket_ids)})
    events.record(connection, gap_id, happening, actor=SYSTEM, at=now)


def _reopen(connection: Connection, gap: Gap, finding: Finding, now: datetime) -> None:
    store.decide(connection, gap.id, Decision(GapState.PROPOSED, reason="came_back"), now)
    since = finding.since(gap.published_at or gap.decided_at)
    facts = {"before": gap.state.value, "tickets_since": since}
    happening = Happening(GapEventKind.REOPENED, facts=facts)
    events.record(connection, gap.id, happening, actor=SYSTEM, at=now)


def _comparable(
    searcher: Searcher, stock: Sequence[Stocked], queries: Sequence[Query], raw: Vectors
) -> Vectors:
    """One unit row per ticket, from its question and, where it is solved, its solution.

    Both count the same: whoever solved a ticket names what it was about, and in plainer words.
    """
    placed = np.stack([searcher.placed(v, q.language) for v, q in zip(raw, queries, strict=False)])
    solved = [at for at, ticket in enumerate(stock) if ticket.resolution]
    if solved:
        languages = np.asarray([stock[at].language for at in solved])
        centred = unit(around_language(raw[len(stock) :], languages))
        placed[solved] += unit(centred @ searcher.snapshot.arrays.whitening)
    return comparable(unit(placed), [query.language for query in queries])


def _vote(
    searcher: Searcher,
    members: Sequence[int],
    vectors: Vectors,
    queries: Sequence[Query],
    raw: Vectors,
) -> list[Chances]:
    centre = vectors[list(members)].mean(axis=0)
    nearest = sorted(members, key=lambda at: (-float(vectors[at] @ centre), at))
    return [chances_of(searcher, queries[at], raw[at]) for at in nearest[:_VOTERS]]


def chances_of(searcher: Searcher, query: Query, vector: Vectors) -> Chances:
    """What the index has for one ticket."""
    ranking = searcher.rank(query, vector)
    first = searcher.snapshot.article_at(int(ranking.rows[0])).id if len(ranking.rows) else ""
    return Chances(ranking.chance_first, ranking.chance_any, first)
