"""The one entry point: a question in, ranked and explained suggestions out."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from kb_assist.articles.model import Article, Audience
from kb_assist.errors import EmbeddingUnavailableError, VectorsUnavailableError
from kb_assist.indexer.embedding.embedder import Embedder, Vectors
from kb_assist.indexer.lexical import LexicalQuery, WordMatcher, lexical_query
from kb_assist.indexer.snapshot import Snapshot
from kb_assist.indexer.space import unit
from kb_assist.retrieval import confidence, fusion
from kb_assist.retrieval.candidates import Candidates, Rows, chunks_of, find_candidates
from kb_assist.retrieval.centre import QueryCentre
from kb_assist.retrieval.explain import explain
from kb_assist.retrieval.fusion import Floats
from kb_assist.retrieval.model import Answer, Mode, Query, Strength, Suggestion, Timings
from kb_assist.retrieval.parameters import Parameters
from kb_assist.retrieval.query import clean_query, typed_query
from kb_assist.text import LANGUAGES

log = logging.getLogger(__name__)

DEFAULT_LIMIT = 8
MAX_LIMIT = 50
MODEL_UNAVAILABLE = "model_unavailable"

# 1.5 kB each.
_REMEMBERED_QUERIES = 500
# Log odds below the first suggestion: beyond this, one in twenty at best.
_STILL_POSSIBLE = 3.0
# Mean vectors of two articles closer than this say the same thing.
_SAME_CONTENT = 0.96
# Without a model the best BM25 score must reach this to count as a possible answer.
_LEXICAL_POSSIBLE = 8.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """Articles of one query, best first; one row per article, translations folded."""

    query: Query
    audience: Audience
    terms: LexicalQuery
    rows: Rows
    fused: Floats
    best_chunks: Rows
    candidates: Candidates
    table: Floats
    """The candidates' features, in candidate order (for fitting)."""
    strength: Strength
    chance_first: float
    chance_any: float
    mode: Mode
    """By words only where there is no model, or its vectors are out of reach."""


class Searcher:
    """Searches one snapshot. Safe to use from several threads."""

    def __init__(
        self,
        snapshot: Snapshot,
        embedder: Embedder | None,
        parameters: Parameters,
        *,
        centre: QueryCentre | None = None,
    ) -> None:
        """``embedder`` None (or a snapshot without vectors) means lexical search."""
        self.snapshot = snapshot
        self.parameters = parameters
        self._embedder = embedder if snapshot.manifest.model is not None else None
        # A ticket is looked at again and again, and each view asks twice: articles, other tickets.
        self._embedded = lru_cache(maxsize=_REMEMBERED_QUERIES)(self._embed)
        self.centre = centre or QueryCentre(snapshot.arrays.query_centre)
        self.embedding_fault: EmbeddingUnavailableError | None = None
        """Why the newest question was not embedded, None when it was."""

    @property
    def embedder(self) -> Embedder | None:
        """The model in use, None in lexical mode."""
        return self._embedder

    @property
    def mode(self) -> Mode:
        by_meaning = self._embedder is not None and self.embedding_fault is None
        return Mode.HYBRID if by_meaning else Mode.LEXICAL

    def suggest(
        self,
        text: str,
        *,
        subject: str = "",
        language: str = "",
        audience: Audience = Audience.L2,
        reader_language: str = "",
        limit: int = DEFAULT_LIMIT,
        learn: bool = True,
    ) -> Answer:
        """Suggestions for a ticket.

        ``language`` is the ticket's own, where known; ``reader_language`` decides which
        translation is shown. ``learn`` lets the ticket move the query centre.
        """
        started = time.perf_counter()
        query = clean_query(text, language=language, subject=subject)
        return self._answer(query, audience, reader_language, limit, started, learn=learn)

    def search(
        self,
        text: str,
        *,
        audience: Audience = Audience.L2,
        reader_language: str = "",
        limit: int = DEFAULT_LIMIT,
    ) -> Answer:
        """Suggestions for what a person typed."""
        started = time.perf_counter()
        query = typed_query(text)
        return self._answer(query, audience, reader_language, limit, started, learn=False)

    def embed(self, query: Query) -> Vectors | None:
        """The raw query vector, None without a model. Raises EmbeddingUnavailableError."""
        return None if self._embedder is None else self._embedded(query.text)

    def embed_if_possible(self, query: Query) -> Vectors | None:
        """As ``embed``; None also while a shared embedding service does not answer."""
        try:
            vector = self.embed(query)
        except EmbeddingUnavailableError as error:
            if self.embedding_fault is None:
                log.error("Searching by words only: %s", error.message)
            self.embedding_fault = error
            return None
        self.embedding_fault = None
        return vector

    def _embed(self, text: str) -> Vectors:
        assert self._embedder is not None
        vector: Vectors = self._embedder.encode_queries([text])[0]
        # Shared by everybody who asks the same.
        vector.flags.writeable = False
        return vector

    @property
    def query_space(self) -> str | None:
        """Names the space of query vectors, None in lexical mode."""
        return None if self._embedder is None else self._embedder.identity.vector_key("query")

    def embed_all(self, queries: Sequence[Query]) -> Vectors | None:
        """The raw vectors of many queries, one row each; None in lexical mode."""
        if self._embedder is None:
            return None
        vectors: Vectors = self._embedder.encode_queries([query.text for query in queries])
        return vectors

    def placed(self, vector: Vectors, language: str) -> Vectors:
        """A raw query vector, centred and whitened like the index."""
        centred = self.centre.centred(vector, language)
        return unit(centred @ self.snapshot.arrays.whitening)

    def rank(
        self,
        query: Query,
        vector: Vectors | None,
        *,
        audience: Audience = Audience.L2,
        reader_language: str = "",
    ) -> Ranking:
        """Everything but the explanation. ``vector`` as from ``embed``."""
        terms = lexical_query(query.text, query.language, self.snapshot.analyser)
        comparable = None
        if vector is not None:
            comparable = self.placed(vector, query.language)
        try:
            found = find_candidates(self.snapshot, query, terms, comparable, audience)
        except VectorsUnavailableError as error:
            log.error("Searching by words only: %s", error.message)
            vector = None
            found = find_candidates(self.snapshot, query, terms, None, audience)
        table = fusion.features(found.scores, found.query)
        if vector is None:
            fused = fusion.lexical_only(found.scores)
        else:
            fused = fusion.fuse(table, self.parameters.weights)
        chosen = self._fold_translations(found, fused, reader_language)
        order = sorted(chosen, key=lambda at: (-chosen[at], int(found.rows[at])))
        ranked = np.array([chosen[at] for at in order])
        positions = np.array(order, dtype=np.int64)
        if self._is_unheard_of(query, found):
            strength, first, any_of_five = Strength.NONE, 0.0, 0.0
        else:
            strength, first, any_of_five = self._confidence(ranked, by_meaning=vector is not None)
        return Ranking(
            query=query,
            audience=audience,
            terms=terms,
            rows=found.rows[positions],
            fused=ranked,
            best_chunks=found.best_chunks[positions],
            candidates=found,
            table=table,
            strength=strength,
            chance_first=first,
            chance_any=any_of_five,
            mode=Mode.LEXICAL if vector is None else Mode.HYBRID,
        )

    def _answer(
        self,
        query: Query,
        audience: Audience,
        reader_language: str,
        limit: int,
        started: float,
        *,
        learn: bool,
    ) -> Answer:
        cleaned = time.perf_counter()
        vector = self.embed_if_possible(query) if query.text else None
        embedded = time.perf_counter()
        ranking = self.rank(query, vector, audience=audience, reader_language=reader_language)
        searched = time.perf_counter()
        suggestions = self.explain(ranking, limit)
        if learn:
            self.learn(query, vector)
        ended = time.perf_counter()
        return Answer(
            query=query,
            strength=ranking.strength,
            chance_first=ranking.chance_first,
            chance_any=ranking.chance_any,
            suggestions=suggestions,
            mode=ranking.mode,
            generation=self.snapshot.generation,
            notice=MODEL_UNAVAILABLE if ranking.mode is Mode.LEXICAL else "",
            timings=Timings(
                clean=(cleaned - started) * 1000,
                embed=(embedded - cleaned) * 1000,
                search=(searched - embedded) * 1000,
                explain=(ended - searched) * 1000,
            ),
        )

    def _fold_translations(
        self, found: Candidates, fused: Floats, reader_language: str
    ) -> dict[int, float]:
        """Position of the version to show, to the best score of all its versions."""
        languages = self.snapshot.manifest.languages
        wanted = languages.index(reader_language) if reader_language in languages else -1
        groups = self.snapshot.arrays.group[found.rows]
        spoken = self.snapshot.arrays.language[found.rows]
        chosen: dict[int, int] = {}
        best: dict[int, float] = {}
        for at in np.argsort(-fused, kind="stable"):
            group = int(groups[at])
            if group not in chosen:
                chosen[group] = int(at)
                best[group] = float(fused[at])
            elif spoken[at] == wanted and spoken[chosen[group]] != wanted:
                chosen[group] = int(at)
        return {at: best[group] for group, at in chosen.items()}

    def _is_unheard_of(self, query: Query, found: Candidates) -> bool:
        """Whether no word of it stands in any article, not even misspelt, although many articles
        are in its language. Among thousands of articles some vector is always near."""
        facts = found.query
        if facts.known_share or facts.best_terms or facts.best_title_terms:
            return False
        spoken = self.snapshot.spoken
        return query.language in spoken or spoken.issuperset(LANGUAGES)

    def _confidence(self, ranked: Floats, *, by_meaning: bool) -> tuple[Strength, float, float]:
        if not len(ranked):
            return Strength.NONE, 0.0, 0.0
        if not by_meaning:
            # Not calibrated: word overlap alone never proves that an article fits.
            possible = ranked[0] >= _LEXICAL_POSSIBLE
            return (Strength.POSSIBLE if possible else Strength.NONE), 0.0, 0.0
        calibration = self.parameters.calibration
        facts = confidence.evidence(ranked)
        first = calibration.first.probability(facts)
        any_of_five = calibration.any_of_five.probability(facts)
        return confidence.strength(first, any_of_five, calibration), first, any_of_five

    def learn(self, query: Query, vector: Vectors | None) -> None:
        """Let a ticket move the query centre; only its vector's mean is remembered."""
        if vector is not None:
            self.centre.observe(vector, query.language)

    def explain(self, ranking: Ranking, limit: int = DEFAULT_LIMIT) -> tuple[Suggestion, ...]:
        """The first ``limit`` suggestions with passages and reasons, duplicates folded."""
        folded = self._fold_duplicates(ranking, min(limit, MAX_LIMIT))
        matcher = WordMatcher(ranking.terms, self.snapshot.analyser)
        suggestions: list[Suggestion] = []
        for at, others in folded:
            article = self.snapshot.article_at(int(ranking.rows[at]))
            chunk = self.snapshot.chunk(int(ranking.best_chunks[at]))
            named = (
                self.snapshot.identifiers(article.id) if ranking.query.identifiers else frozenset()
            )
            why = explain(ranking.query, article, chunk, named, matcher)
            alternatives = [self.snapshot.article_at(int(ranking.rows[o])) for o in others]
            suggestions.append(
                Suggestion(
                    rank=len(suggestions) + 1,
                    article=article,
                    strength=self._strength_at(ranking, at),
                    passage=why.passage,
                    shared_identifiers=why.shared_identifiers,
                    shared_terms=why.shared_terms,
                    by_meaning=ranking.mode is Mode.HYBRID,
                    score=float(ranking.fused[at]),
                    alternatives=(*self._versions(ranking, at, article), *alternatives),
                )
            )
        return tuple(suggestions)

    def _strength_at(self, ranking: Ranking, at: int) -> Strength:
        if at == 0 or ranking.strength is Strength.NONE:
            return ranking.strength
        near = ranking.fused[0] - ranking.fused[at] <= _STILL_POSSIBLE
        return Strength.POSSIBLE if near else Strength.NONE

    def _versions(self, ranking: Ranking, at: int, article: Article) -> Sequence[Article]:
        """Translations that the reader may see."""
        if not self.snapshot.has_translations(int(ranking.rows[at])):
            return ()
        versions = self.snapshot.translations(article)
        return [version for version in versions if ranking.audience.may_read(version.audience)]

    def _fold_duplicates(self, ranking: Ranking, limit: int) -> list[tuple[int, list[int]]]:
        """Positions to show, each with later positions that say the same."""
        count = min(len(ranking.rows), limit * 2)
        vectors = None
        if ranking.mode is Mode.HYBRID:
            vectors = self._article_vectors(ranking.rows[:count])
        shown: list[tuple[int, list[int]]] = []
        for at in range(count):
            twin = None
            if vectors is not None:
                twin = next(
                    (s for s in shown if float(vectors[s[0]] @ vectors[at]) > _SAME_CONTENT), None
                )
            if twin is not None:
                twin[1].append(at)
            elif len(shown) < limit:
                shown.append((at, []))
        return shown

    def _article_vectors(self, rows: Rows) -> Vectors | None:
        if self.snapshot.chunk_vectors is None or not len(rows):
            return None
        chunk_rows, offsets = chunks_of(self.snapshot, rows)
        try:
            vectors = self.snapshot.chunk_vectors.rows(chunk_rows)
        except VectorsUnavailableError as error:
            log.error("Duplicates are not folded: %s", error.message)
            return None
        return unit(np.add.reduceat(vectors, offsets, axis=0))
