"""How the two sides of the index become one ranking; pure, with few fitted parameters.

A query's candidates are scored with a conditional logit (a softmax over the candidates, linear in
the features), because that is what is wanted: the right article above the others of *this* query.
What keeps fusion from hurting across languages is that lexical features are multiplied by how
much the term index can know: the probability that query and article share a language, times the
share of the query's words that the knowledge base has at all. A title that names an identifier of
the query is believed in any language: an error code needs no translation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FEATURES = (
    "passage",  # cosine of the query to the best passage
    "title",  # cosine of the query to the title
    "article",  # cosine of the query to the mean of all passages
    "terms",  # best passage's BM25 relative to the best of all, times lexical trust
    "title_terms",  # the title's BM25 relative to the best of all, times lexical trust or named
    "title_if_short",  # title, weighted by how short the query is
)

# A query of this many words counts as half short.
_SHORT_WORDS = 12.0
# Added to the best BM25 score, so that one weak common word does not count as a full match.
_BM25_FLOOR = 3.0


@dataclass(frozen=True, slots=True)
class CandidateScores:
    """Raw measurements per candidate article, arrays of equal length."""

    passage: Floats
    title: Floats
    article: Floats
    terms: Floats
    """BM25 of the best passage, 0 where no term matches."""
    title_terms: Floats
    named: npt.NDArray[np.bool_]
    """Whether the title names an identifier of the query."""
    same_language: Floats
    """Probability that the article is written in the query's language."""


@dataclass(frozen=True, slots=True)
class QueryScores:
    """Measurements of the query as a whole."""

    best_terms: float
    """The highest BM25 of any readable passage."""
    best_title_terms: float
    known_share: float
    """Share of the query's words that the knowledge base has, 0 to 1."""
    words: int


@dataclass(frozen=True, slots=True)
class Weights:
    """One weight per feature, in the order of ``FEATURES``."""

    values: tuple[float, ...]

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Weights:
        """Raises KeyError for a missing feature."""
        return cls(tuple(float(stored[name]) for name in FEATURES))

    def as_json(self) -> dict[str, float]:
        return {name: round(v, 4) for name, v in zip(FEATURES, self.values, strict=True)}


def shortness(words: int) -> float:
    """1 for a query of a few words, towards 0 for a long text."""
    return 1.0 / (1.0 + (words / _SHORT_WORDS) ** 2)


def features(scores: CandidateScores, query: QueryScores) -> Floats:
    """``(candidates, len(FEATURES))``."""
    trust = scores.same_language * query.known_share
    title_trust = np.where(scores.named, 1.0, trust)
    columns = (
        scores.passage,
        scores.title,
        scores.article,
        trust * scores.terms / (query.best_terms + _BM25_FLOOR),
        title_trust * scores.title_terms / (query.best_title_terms + _BM25_FLOOR),
        scores.title * shortness(query.words),
    )
    return np.stack(columns, axis=1).astype(np.float64)


def fuse(table: Floats, weights: Weights) -> Floats:
    """One score per candidate; differences between them are log odds within this query."""
    fused: Floats = table @ np.asarray(weights.values)
    return fused


def lexical_only(scores: CandidateScores) -> Floats:
    """Scores where there are no vectors: passage terms plus title terms, as measured for BM25."""
    return scores.terms + TITLE_BOOST * scores.title_terms


# Measured on the evaluation sets: a title match says a little more than a passage match.
TITLE_BOOST = 1.2
