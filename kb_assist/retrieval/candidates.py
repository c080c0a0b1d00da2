"""Which articles might answer, and how each side of the index measures them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kb_assist.articles.model import Audience
from kb_assist.indexer.embedding.embedder import Vectors
from kb_assist.indexer.lexical import CompiledQuery, LexicalQuery, Scores
from kb_assist.indexer.snapshot import Snapshot
from kb_assist.retrieval.fusion import TITLE_BOOST, CandidateScores, QueryScores
from kb_assist.retrieval.model import Query
from kb_assist.retrieval.together import later

Rows = npt.NDArray[np.int64]

# How deep each side is asked. More costs time and found nothing more on the evaluation sets.
_CHUNKS_BY_MEANING = 120
_TITLES_BY_MEANING = 60
_ARTICLES_BY_MEANING = 40
_CHUNKS_BY_TERMS = 60
_TITLES_BY_TERMS = 40
_ARTICLES_BY_TERMS = 20
# Share of the title in the preselection by meaning; the fusion decides later with more care.
_TITLE_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Candidates:
    """Articles by row, with all measurements in the same order."""

    rows: Rows
    scores: CandidateScores
    query: QueryScores
    best_chunks: Rows
    """The chunk row of each article's best passage."""


def find_candidates(
    snapshot: Snapshot,
    query: Query,
    terms: LexicalQuery,
    vector: Vectors | None,
    audience: Audience,
) -> Candidates:
    """Ask both sides and measure the union of what they find.

    ``vector`` is the centred and whitened query vector, None without a model. Articles beyond
    ``audience`` never become candidates.
    """
    readable = snapshot.arrays.audience <= audience.rank
    beyond = None if bool(readable.all()) else audience.rank
    nearest = None if vector is None else _by_meaning(snapshot, vector, beyond)
    compiled = snapshot.chunk_terms.compile(terms)
    telling = snapshot.chunk_terms.telling(terms)
    finding = compiled if telling is terms else snapshot.chunk_terms.compile(telling)
    by_terms, best_terms, best_title_terms = _by_terms(snapshot, finding, readable)
    meaning = None
    rows = np.sort(by_terms)
    if vector is not None and nearest is not None:
        pool = np.union1d(nearest(), by_terms)
        measured = _measure_meaning(snapshot, vector, pool)
        chosen = _best_by_meaning(measured) | np.isin(pool, by_terms)
        rows, meaning = pool[chosen], measured.only(chosen)
    named = snapshot.title_terms.compile(LexicalQuery((), terms.identifiers))
    scores, best_chunks = _measure(snapshot, query, _Terms(compiled, named), rows, meaning)
    whole = QueryScores(
        best_terms=max(best_terms, float(scores.terms.max(initial=0.0))),
        best_title_terms=max(best_title_terms, float(scores.title_terms.max(initial=0.0))),
        known_share=snapshot.chunk_terms.known_share(terms),
        words=len(query.text.split()),
    )
    return Candidates(rows, scores, whole, best_chunks)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """Cosines per article, and the chunk row of its best passage."""

    passage: Vectors
    title: Vectors
    article: Vectors
    best_chunks: Rows

    def only(self, chosen: npt.NDArray[np.bool_]) -> _Meaning:
        return _Meaning(
            self.passage[chosen], self.title[chosen], self.article[chosen], self.best_chunks[chosen]
        )


def _by_meaning(snapshot: Snapshot, vector: Vectors, audience: int | None) -> Callable[[], Rows]:
    """Begins to look for articles with a passage or a title near the query."""
    chunks, titles = snapshot.chunk_vectors, snapshot.title_vectors
    assert chunks is not None
    assert titles is not None
    passages = later(
        lambda: chunks.search(vector, _CHUNKS_BY_MEANING, audience)[1], waits=chunks.waits
    )
    named = later(
        lambda: titles.search(vector, _TITLES_BY_MEANING, audience)[1], waits=titles.waits
    )
    return lambda: np.union1d(snapshot.chunk_article_rows(passages()), named())


def _best_by_meaning(measured: _Meaning) -> npt.NDArray[np.bool_]:
    mixed = (1 - _TITLE_SHARE) * measured.passage + _TITLE_SHARE * measured.title
    chosen = np.zeros(len(mixed), dtype=bool)
    chosen[np.argsort(-mixed, kind="stable")[:_ARTICLES_BY_MEANING]] = True
    return chosen


def _by_terms(
    snapshot: Snapshot, terms: CompiledQuery | None, readable: npt.NDArray[np.bool_]
) -> tuple[Rows, float, float]:
    """Best articles by BM25, and the best passage's and title's score."""
    chunk_hits = snapshot.chunk_terms.search(terms, _depth(_CHUNKS_BY_TERMS, readable))
    title_hits = snapshot.title_terms.search(terms, _depth(_TITLES_BY_TERMS, readable))
    chunk_rows = np.fromiter(chunk_hits, dtype=np.int64, count=len(chunk_hits))
    owners = snapshot.chunk_article_rows(chunk_rows)
    best: Scores = {}
    for row, owner in zip(chunk_rows.tolist(), owners.tolist(), strict=True):
        if readable[owner]:
            best[owner] = max(best.get(owner, 0.0), chunk_hits[row])
    titles = {row: score for row, score in title_hits.items() if readable[row]}
    total = dict(best)
    for row, score in titles.items():
        total[row] = total.get(row, 0.0) + TITLE_BOOST * score
    ordered = sorted(total, key=lambda row: (-total[row], row))[:_ARTICLES_BY_TERMS]
    return (
        np.array(ordered, dtype=np.int64),
        max(best.values(), default=0.0),
        max(titles.values(), default=0.0),
    )


def _depth(limit: int, readable: npt.NDArray[np.bool_]) -> int:
    """Ask deeper where part of the hits will be taken away again by rights."""
    share = float(readable.mean()) if len(readable) else 1.0
    return int(limit / max(share, 0.05))


def _measure_meaning(snapshot: Snapshot, vector: Vectors, rows: Rows) -> _Meaning:
    titles = snapshot.title_vectors
    assert snapshot.chunk_vectors is not None
    assert titles is not None
    if not len(rows):
        none = np.zeros(0, dtype=np.float32)
        return _Meaning(none, none, none, rows)
    named = later(lambda: titles.cosines(vector, rows), waits=titles.waits)
    chunk_rows, offsets = chunks_of(snapshot, rows)
    cosines = snapshot.chunk_vectors.cosines(vector, chunk_rows)
    # The cosine with the article's mean vector, without working that vector out.
    lengths = np.maximum(snapshot.arrays.sum_length[rows], np.finfo(np.float32).tiny)
    return _Meaning(
        passage=np.maximum.reduceat(cosines, offsets),
        title=named(),
        article=(np.add.reduceat(cosines, offsets) / lengths).astype(np.float32),
        best_chunks=chunk_rows[_first_best(cosines, offsets)],
    )


def _first_best(values: npt.NDArray[np.floating[Any]], offsets: Rows) -> Rows:
    """Position of the highest value of each article's run."""
    counts = np.diff(offsets, append=len(values))
    best = np.flatnonzero(values == np.repeat(np.maximum.reduceat(values, offsets), counts))
    # Of several equal values the first.
    return best[np.searchsorted(best, offsets)]


def chunks_of(snapshot: Snapshot, rows: Rows) -> tuple[Rows, Rows]:
    """Chunk rows of the given articles, one after the other, and where each article begins."""
    starts = snapshot.arrays.starts
    counts = starts[rows + 1] - starts[rows]
    offsets = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
    within = np.arange(int(counts.sum())) - np.repeat(offsets, counts)
    return np.repeat(starts[rows], counts) + within, offsets


@dataclass(frozen=True, slots=True)
class _Terms:
    """What is asked of the term indexes; None where there is nothing to ask."""

    every: CompiledQuery | None
    identifiers: CompiledQuery | None


def _measure(
    snapshot: Snapshot,
    query: Query,
    terms: _Terms,
    rows: Rows,
    meaning: _Meaning | None,
) -> tuple[CandidateScores, Rows]:
    """All scores of the given articles, and each one's best chunk."""
    count = len(rows)
    none = np.zeros(count)
    if not count:
        return CandidateScores(none, none, none, none, none, none > 0, none), rows
    chunk_rows, offsets = chunks_of(snapshot, rows)
    lexical = snapshot.chunk_terms.score(terms.every, rows, len(chunk_rows))
    by_chunk = np.array([lexical.get(row, 0.0) for row in chunk_rows.tolist()])
    titles = snapshot.title_terms.score(terms.every, rows, len(rows))
    named = snapshot.title_terms.score(terms.identifiers, rows, len(rows))
    by_language = np.array([query.same_language(name) for name in snapshot.manifest.languages])
    scores = CandidateScores(
        passage=meaning.passage.astype(np.float64) if meaning else none,
        title=meaning.title.astype(np.float64) if meaning else none,
        article=meaning.article.astype(np.float64) if meaning else none,
        terms=np.maximum.reduceat(by_chunk, offsets),
        title_terms=np.array([titles.get(row, 0.0) for row in rows.tolist()]),
        named=np.isin(rows, list(named)),
        same_language=by_language[snapshot.arrays.language[rows]],
    )
    if meaning is not None:
        return scores, meaning.best_chunks
    return scores, chunk_rows[_first_best(by_chunk, offsets)]
