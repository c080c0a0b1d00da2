"""Lint rule for articles that say the same, found by shared wording."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from kb_assist.articles.lint_source import FRONT_MATTER, LintSource, problem
from kb_assist.articles.lint_translations import are_translations
from kb_assist.articles.model import Article, Confidence, Problem
from kb_assist.errors import N_
from kb_assist.text import words

SHINGLE_WORDS = 3
# Chosen by reading the pairs found in two public knowledge bases of 750 and 2,800 articles: above
# it nearly every pair should be merged, below it pairs begin that only share their steps.
SHARED_WORDING = 0.6
SHORTEST_SHINGLES = 15
"""Stubs ("See the intranet.") resemble each other by chance."""

# Wording of a template is no sign of a duplicate, wherever it comes from.
TEMPLATE_ARTICLES = 20
TEMPLATE_SHARE = 0.01

_Shingles = npt.NDArray[np.int64]
_Pair = tuple[int, int]
"""Positions in path order, the smaller first."""


def duplicate_problems(
    source: LintSource, similar: Mapping[str, Sequence[tuple[str, float]]]
) -> Iterator[Problem]:
    """Rule ``near-duplicate``: each pair once, at the later path; translations are no duplicates.

    Archived articles are left out, as one of a pair usually ends there.
    """
    articles = [a for a in source.articles if a.confidence is not Confidence.ARCHIVED]
    by_words = _pairs_by_words([_shingles(article, source) for article in articles])
    by_meaning = _pairs_by_meaning(articles, similar)
    for first, second in sorted({**by_meaning, **by_words}):
        earlier, later = articles[first], articles[second]
        if are_translations(earlier, later):
            continue
        shared = by_words.get((first, second))
        if shared is not None:
            message = N_(
                "It says nearly the same as %(other)s (%(share)s %% shared wording); merge them, or"
                " say in each what the other is for.",
                other=earlier.path,
                share=round(100 * shared),
            )
        else:
            message = N_(
                "It means nearly the same as %(other)s (similarity %(likeness)s %%); merge them, or"
                " say in each what the other is for.",
                other=earlier.path,
                likeness=round(100 * by_meaning[first, second]),
            )
        yield problem(later, FRONT_MATTER, "near-duplicate", message)


def _pairs_by_meaning(
    articles: list[Article], similar: Mapping[str, Sequence[tuple[str, float]]]
) -> dict[_Pair, float]:
    position = {article.id: index for index, article in enumerate(articles)}
    pairs: dict[_Pair, float] = {}
    for one, others in similar.items():
        for other, likeness in others:
            if one != other and one in position and other in position:
                first, second = sorted((position[one], position[other]))
                pairs[first, second] = max(likeness, pairs.get((first, second), 0.0))
    return pairs


def _shingles(article: Article, source: LintSource) -> _Shingles:
    """Hashes of all runs of three words; a run does not cross the border of a block."""
    found: set[int] = set()
    for _, plain in source.prose(article):
        run = words(plain.casefold())
        found.update(map(hash, zip(*(run[i:] for i in range(SHINGLE_WORDS)), strict=False)))
    return np.fromiter(found, dtype=np.int64, count=len(found))


def _pairs_by_words(texts: Sequence[_Shingles]) -> dict[_Pair, float]:
    """All pairs whose Jaccard similarity reaches SHARED_WORDING, exactly.

    Of two such sets the rarest shingles must have one in common, so only those are looked up
    (prefix filter, Chaudhuri et al. 2006, "A Primitive Operator for Similarity Joins").
    """
    holders: defaultdict[int, list[int]] = defaultdict(list)
    pairs: dict[_Pair, float] = {}
    own, shared_from = _by_rarity(texts)
    for index, text in enumerate(own):
        if len(text) < SHORTEST_SHINGLES:
            continue
        rarest = text[: len(text) - math.ceil(SHARED_WORDING * len(text)) + 1]
        candidates: set[int] = set()
        for shingle in rarest[np.searchsorted(rarest, shared_from) :].tolist():
            candidates.update(holders[shingle])
            holders[shingle].append(index)
        for other in candidates:
            if (shared := _jaccard(text, own[other])) >= SHARED_WORDING:
                pairs[other, index] = shared
    return pairs


def _by_rarity(texts: Sequence[_Shingles]) -> tuple[list[_Shingles], int]:
    """Each text's shingles, numbered from the rarest on and in this order, without those of a
    template; and the first number that two texts have."""
    every = np.concatenate([*texts, np.zeros(0, dtype=np.int64)])
    _, where, counts = np.unique(every, return_inverse=True, return_counts=True)
    number = np.empty(len(counts), dtype=np.int64)
    number[np.argsort(counts, kind="stable")] = np.arange(len(counts))
    template = max(TEMPLATE_ARTICLES, int(TEMPLATE_SHARE * len(texts)))
    kept = int((counts <= template).sum())
    ends = np.cumsum([len(text) for text in texts])[:-1]
    own = [np.sort(text[text < kept]) for text in np.split(number[where], ends)]
    return own, int((counts == 1).sum())


def _jaccard(one: _Shingles, other: _Shingles) -> float:
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)
