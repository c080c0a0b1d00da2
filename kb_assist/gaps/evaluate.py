"""Measures gap clusters on labelled tickets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from kb_assist.gaps import cover
from kb_assist.gaps.cluster import Labels, group
from kb_assist.gaps.measure import UNCLUSTERED, Truth, measure
from kb_assist.gaps.model import Chances
from kb_assist.gaps.space import comparable
from kb_assist.indexer.embedding.embedder import Vectors
from kb_assist.retrieval.model import Query
from kb_assist.retrieval.query import clean_query
from kb_assist.retrieval.search import Searcher
from kb_assist.retrieval.tickets import LabelledTicket

# Pairs count here, because labelled topics may have no more; ``detect`` reports from three.
_SMALLEST = 2


def queries_of(tickets: Sequence[LabelledTicket]) -> list[Query]:
    """The tickets as they are searched with."""
    return [clean_query(t.body, language=t.language, subject=t.subject) for t in tickets]


def run(
    searcher: Searcher,
    tickets: Sequence[LabelledTicket],
    queries: Sequence[Query],
    vectors: Vectors,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """All figures. ``vectors``: the raw query vector of each ticket, in order.

    The tickets teach the query centre first, as a look-back window does; their labels are only
    compared with.
    """
    for query, vector in zip(queries, vectors, strict=True):
        searcher.learn(query, vector)
    chances: list[Chances] = []
    for number, (query, vector) in enumerate(zip(queries, vectors, strict=True)):
        ranking = searcher.rank(query, vector)
        chances.append(Chances(ranking.chance_first, ranking.chance_any))
        progress(number + 1, len(tickets))
    languages = [query.language for query in queries]
    placed = [searcher.placed(v, name) for v, name in zip(vectors, languages, strict=True)]
    groups = group(comparable(np.stack(placed), languages))
    labels, uncovered = judge(groups, chances)
    truths = [Truth(None if t.relevant else t.missing or t.id) for t in tickets]
    absent = {truth.missing for truth in truths} - {None}
    return {
        "tickets": len(tickets),
        "absent_topics": len(absent),
        **asdict(measure(truths, labels.tolist(), uncovered)),
    }


def judge(groups: Labels, chances: Sequence[Chances]) -> tuple[Labels, list[bool]]:
    """The groups that are gaps, ``UNCLUSTERED`` elsewhere, and which tickets count as uncovered."""
    labels = np.full(len(groups), UNCLUSTERED, dtype=np.int64)
    uncovered = np.zeros(len(groups), dtype=bool)
    for label in np.unique(groups):
        members = np.flatnonzero(groups == label).tolist()
        if len(members) < _SMALLEST:
            uncovered[members] = cover.unanswered_alone(chances[members[0]])
        elif not cover.answered([chances[at] for at in members]):
            labels[members] = label
            uncovered[members] = True
    return labels, uncovered.tolist()
