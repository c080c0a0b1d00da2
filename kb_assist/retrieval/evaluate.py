"""Measures retrieval on labelled tickets, as the field does."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import ir_measures
import numpy as np
from ir_measures import RR, Qrel, ScoredDoc, Success, nDCG
from sklearn.metrics import roc_auc_score

from kb_assist.articles.model import Audience
from kb_assist.indexer.build import BuildReport
from kb_assist.retrieval.fitting import Example
from kb_assist.retrieval.model import Strength
from kb_assist.retrieval.query import clean_query
from kb_assist.retrieval.search import Ranking, Searcher
from kb_assist.retrieval.tickets import LabelledTicket

_DEPTH = 10
_MEASURES = {
    "hit_at_1": Success @ 1,
    "hit_at_5": Success @ 5,
    "hit_at_10": Success @ 10,
    "mrr_at_10": RR @ 10,
    "ndcg_at_10": nDCG @ 10,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one ticket got."""

    ticket: LabelledTicket
    paths: tuple[str, ...]
    """Suggested article paths, best first."""
    strength: Strength
    chance_any: float
    milliseconds: float

    @property
    def answerable(self) -> bool:
        return bool(self.ticket.relevant)

    @property
    def first_is_right(self) -> bool:
        return bool(self.paths) and self.paths[0] in self.ticket.relevant


def run(
    searcher: Searcher,
    tickets: Sequence[LabelledTicket],
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[list[Outcome], list[Example]]:
    """Suggest for every ticket in order, as a server would.

    Each ticket is ranked with what was learned from the texts (never the labels) of those before
    it. Also returns the tickets as examples for fitting.
    """
    paths = searcher.snapshot.path_of_row()
    outcomes: list[Outcome] = []
    examples: list[Example] = []
    for number, ticket in enumerate(tickets):
        started = time.perf_counter()
        query = clean_query(ticket.body, language=ticket.language, subject=ticket.subject)
        vector = searcher.embed(query)
        ranking = searcher.rank(
            query, vector, audience=Audience.L2, reader_language=ticket.language
        )
        searcher.explain(ranking)
        milliseconds = (time.perf_counter() - started) * 1000
        searcher.learn(query, vector)
        found = tuple(paths[row] for row in ranking.rows[:_DEPTH])
        outcomes.append(Outcome(ticket, found, ranking.strength, ranking.chance_any, milliseconds))
        examples.append(_example(ranking, ticket, paths))
        progress(number + 1, len(tickets))
    return outcomes, examples


def _example(ranking: Ranking, ticket: LabelledTicket, paths: Sequence[str]) -> Example:
    rows = ranking.candidates.rows
    relevant = np.array([paths[row] in ticket.relevant for row in rows], dtype=bool)
    return Example(ranking.table, relevant, collection=0)


def summarise(outcomes: Sequence[Outcome], build: BuildReport) -> dict[str, Any]:
    """All figures, rounded; None where a figure has no basis."""
    times = np.array([outcome.milliseconds for outcome in outcomes])
    languages = sorted({outcome.ticket.language or "und" for outcome in outcomes})
    by_language = {
        name: _quality([o for o in outcomes if (o.ticket.language or "und") == name])
        for name in languages
    }
    return {
        "tickets": len(outcomes),
        "answerable": sum(outcome.answerable for outcome in outcomes),
        "articles": build.articles,
        "chunks": build.chunks,
        **_quality(outcomes),
        "latency_ms": {
            "p50": round(float(np.percentile(times, 50)), 2),
            "p95": round(float(np.percentile(times, 95)), 2),
        },
        "index_seconds": build.seconds,
        "embed_seconds": build.embed_seconds,
        "languages": by_language,
    }


def _quality(outcomes: Sequence[Outcome]) -> dict[str, float | int | None]:
    answerable = [outcome for outcome in outcomes if outcome.answerable]
    strong = [outcome for outcome in outcomes if outcome.strength is Strength.STRONG]
    unanswerable = len(outcomes) - len(answerable)
    false_strong = sum(not outcome.answerable for outcome in strong)
    return {
        "tickets": len(outcomes),
        "answerable": len(answerable),
        **_ranking_measures(answerable),
        "abstention_auc": _abstention_auc(outcomes),
        "strong_precision": _share(sum(o.first_is_right for o in strong), len(strong)),
        "strong_coverage": _share(len(strong), len(outcomes)),
        "false_strong_rate": _share(false_strong, unanswerable),
    }


def _ranking_measures(answerable: Sequence[Outcome]) -> dict[str, float | None]:
    if not answerable:
        return dict.fromkeys(_MEASURES)
    # Numbered anew: ids in the file may repeat, and each ticket counts.
    judged = [
        Qrel(str(number), path, 1)
        for number, outcome in enumerate(answerable)
        for path in outcome.ticket.relevant
    ]
    found = [
        ScoredDoc(str(number), path, -float(rank))
        for number, outcome in enumerate(answerable)
        for rank, path in enumerate(outcome.paths)
    ]
    values = ir_measures.calc_aggregate(list(_MEASURES.values()), judged, found)
    return {name: round(float(values[measure]), 4) for name, measure in _MEASURES.items()}


def _abstention_auc(outcomes: Sequence[Outcome]) -> float | None:
    """How well the chance tells answerable from unanswerable tickets: 0.5 by luck, 1 always."""
    labels = [outcome.answerable for outcome in outcomes]
    if len(set(labels)) < 2:
        return None
    chances = [outcome.chance_any for outcome in outcomes]
    return round(float(roc_auc_score(labels, chances)), 4)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
