"""Finds gaps in a stock of tickets: group first, then ask whether articles answer a group.

No database: the model must not run inside a transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from kb_assist.errors import N_, ModelUnavailableError
from kb_assist.gaps import cover, label
from kb_assist.gaps.burst import is_burst
from kb_assist.gaps.cluster import group
from kb_assist.gaps.inflow import weekly
from kb_assist.gaps.model import Chances, Finding, Stocked
from kb_assist.gaps.signals import SIGNALS, Heard, Search, corrected, counted, weight
from kb_assist.gaps.space import around_language, comparable
from kb_assist.indexer.embedder import Vectors
from kb_assist.indexer.query_cache import query_vectors
from kb_assist.indexer.space import unit
from kb_assist.retrieval.model import Query
from kb_assist.retrieval.query import clean_query
from kb_assist.retrieval.search import Searcher
from kb_assist.tickets.words import telling_terms

FEWEST_TICKETS = 3
# With searches of other people about the same, two tickets are enough.
FEWEST_WITH_SEARCHES = 2
# The most central tickets of a group speak for it; more change the vote little and cost time.
_VOTERS = 12
# Searches shown with a gap.
_SEARCHES = 5

_UNHEARD = Heard()


def find(
    searcher: Searcher,
    stock: Sequence[Stocked],
    cache_file: Path,
    *,
    heard: Heard = _UNHEARD,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Finding]:
    """The gaps in a stock of tickets, those with most tickets first.

    ``heard`` is what people said about suggestions: it corrects what the index claims, and failed
    searches are grouped with the tickets. Raises ModelUnavailableError without vectors, because
    words alone do not group tickets.
    """
    embedder = searcher.embedder
    if embedder is None:
        raise ModelUnavailableError(
            N_("Gaps need the embedding model."), remedy=N_("See 'kb-assist doctor'.")
        )
    if len(stock) < FEWEST_WITH_SEARCHES:
        return []
    items = [*stock, *(_as_item(search) for search in heard.searches)]
    queries = [clean_query(item.question, language=item.language) for item in items]
    texts = [query.text for query in queries] + [t.resolution for t in stock if t.resolution]
    # Vectors of tickets that were erased or are past are not kept either.
    raw = query_vectors(cache_file, embedder, texts, progress=progress, forget_others=True)
    found = _Groups(searcher, stock, heard, queries, raw).findings()
    return sorted(found, key=lambda f: (-len(f.ticket_ids), min(f.ticket_ids)))


def chances_of(searcher: Searcher, query: Query, vector: Vectors) -> Chances:
    """What the index has for one ticket."""
    ranking = searcher.rank(query, vector)
    first = searcher.snapshot.article_at(int(ranking.rows[0])).id if len(ranking.rows) else ""
    return Chances(ranking.chance_first, ranking.chance_any, first)


def _as_item(search: Search) -> Stocked:
    """A search among tickets; 0 is no ticket's id."""
    return Stocked(0, "", search.text, "", search.language, "", search.at, False, 0.0)


class _Groups:
    """Tickets, then failed searches, made comparable and grouped."""

    def __init__(
        self,
        searcher: Searcher,
        stock: Sequence[Stocked],
        heard: Heard,
        queries: Sequence[Query],
        raw: Vectors,
    ) -> None:
        """``raw``: a row per query, then one per solved ticket."""
        self._searcher = searcher
        self._stock = stock
        self._heard = heard
        self._queries = queries
        self._raw = raw
        self._newest = max(ticket.created_at for ticket in stock)
        self._words = [telling_terms(t.question, t.language) for t in stock]
        self._spread = Counter(term for of_ticket in self._words for term in set(of_ticket))
        self._vectors = _comparable(searcher, stock, queries, raw)

    def findings(self) -> Iterator[Finding]:
        groups = group(self._vectors)
        order = np.argsort(groups, kind="stable")
        for members in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1):
            if len(members) >= FEWEST_TICKETS:
                yield from self._finding(members.tolist())

    def _finding(self, members: list[int]) -> Iterator[Finding]:
        """The group's gap, unless it is too light, one event, or answered."""
        tickets = [at for at in members if at < len(self._stock)]
        ids = {self._stock[at].id for at in tickets}
        searches = [self._heard.searches[at - len(self._stock)] for at in members[len(tickets) :]]
        others = sum(search.ticket_id not in ids for search in searches)
        if len(ids) < FEWEST_WITH_SEARCHES or weight(len(ids), others) < FEWEST_TICKETS:
            return
        if is_burst([self._stock[at].created_at for at in tickets]):
            return
        chances = self._vote(tickets)
        if not cover.answered(chances):
            yield self._told(tickets, searches, chances)

    def _vote(self, tickets: list[int]) -> list[Chances]:
        centre = self._vectors[tickets].mean(axis=0)
        nearest = sorted(tickets, key=lambda at: (-float(self._vectors[at] @ centre), at))
        return [
            corrected(
                chances_of(self._searcher, self._queries[at], self._raw[at]),
                self._heard.on(self._stock[at].id),
            )
            for at in nearest[:_VOTERS]
        ]

    def _told(
        self, members: list[int], searches: Sequence[Search], chances: Sequence[Chances]
    ) -> Finding:
        tickets = [self._stock[at] for at in members]
        words = [self._words[at] for at in members]
        found = label.facts(tickets, self._vectors[members], words, self._spread, chances)
        arrived = {ticket.id: ticket.created_at for ticket in tickets}
        signals = counted(self._heard.on(ticket.id) for ticket in tickets)
        signals["failed_searches"] += sum(s.ticket_id not in arrived for s in searches)
        signals["escalated"] = found["escalated"]
        signals["flags"] = sum(self._heard.flags.get(name, 0) for name in found["nearest"])
        found["signals"] = {name: signals[name] for name in SIGNALS}
        found["searches"] = list(dict.fromkeys(search.text for search in searches))[:_SEARCHES]
        found["weeks"] = weekly(list(arrived.values()), self._newest)
        return Finding(frozenset(arrived), found, arrived)


def _comparable(
    searcher: Searcher, stock: Sequence[Stocked], queries: Sequence[Query], raw: Vectors
) -> Vectors:
    """One unit row per query, with the solution of a ticket that is solved.

    Both count the same: whoever solved a ticket names what it was about, and in plainer words.
    ``raw``: a row per query, then one per solved ticket.
    """
    placed = np.stack([searcher.placed(v, q.language) for v, q in zip(raw, queries, strict=False)])
    solved = [at for at, ticket in enumerate(stock) if ticket.resolution]
    if solved:
        languages = np.asarray([stock[at].language for at in solved])
        centred = unit(around_language(raw[len(queries) :], languages))
        placed[solved] += unit(centred @ searcher.snapshot.arrays.whitening)
    return comparable(unit(placed), [query.language for query in queries])
