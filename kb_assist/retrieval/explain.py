"""Why an article is suggested: its best passage, the words and identifiers both share."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from kb_assist.articles.model import Article
from kb_assist.indexer.lexical import WordMatcher
from kb_assist.indexer.texts import StoredChunk
from kb_assist.retrieval.model import Marked, Passage, Query
from kb_assist.text import WORD, fold, is_function_word

Span = tuple[int, int]

# A passage as long as this is read at a glance.
PASSAGE_CHARACTERS = 320
_MOST_TERMS = 6
_MOST_IDENTIFIERS = 6


@dataclass(frozen=True, slots=True)
class Explanation:
    passage: Passage
    shared_identifiers: tuple[str, ...]
    shared_terms: tuple[str, ...]


def explain(
    query: Query, article: Article, chunk: StoredChunk, named: Set[str], matcher: WordMatcher
) -> Explanation:
    """What query and article have in common; ``named`` are the article's identifier keys."""
    title_hits = _matches(article.title, article.language, matcher)
    hits = _matches(chunk.text, article.language, matcher)
    wanted = [found.text for found in query.identifiers if found.key in named]
    shared = tuple(wanted[:_MOST_IDENTIFIERS])
    # A single letter or digit is part of something else more often than it is a word.
    spans = [hit.span() for hit in hits if len(hit.group()) > 1]
    spans += _occurrences(chunk.text, shared)
    return Explanation(
        passage=Passage(chunk.anchor, chunk.heading_path, mark(chunk.text, _merged(spans))),
        shared_identifiers=shared,
        shared_terms=_shared_terms(
            [hit.group() for hit in (*title_hits, *hits)], shared, article.language, matcher
        ),
    )


def _matches(text: str, language: str, matcher: WordMatcher) -> list[re.Match[str]]:
    """Words that both share and that say something. An article's language decides how its words
    are compared, so that "not" of an English ticket would be a word in a German article."""
    return [
        found
        for found in WORD.finditer(text)
        if matcher.matches(found.group(), language) and not is_function_word(found.group())
    ]


def mark(text: str, spans: Sequence[Span]) -> tuple[Marked, ...]:
    """The densest window of a text, cut into runs with the given spans marked.

    ``spans`` are in order and apart from each other.
    """
    start, end = _window(text, spans)
    runs: list[Marked] = []
    position = start
    if start > 0:
        runs.append(Marked("… ", False))
    for left, right in spans:
        if right <= position or left >= end:
            continue
        left, right = max(left, position), min(right, end)
        if left > position:
            runs.append(Marked(text[position:left], False))
        runs.append(Marked(text[left:right], True))
        position = right
    if position < end:
        runs.append(Marked(text[position:end], False))
    if end < len(text):
        runs.append(Marked(" …", False))
    return tuple(runs)


def _occurrences(text: str, needles: Sequence[str]) -> list[Span]:
    """Where the given strings stand, whatever their case."""
    spans: list[Span] = []
    lowered = text.lower() if needles else ""
    for needle in needles:
        at = lowered.find(needle.lower())
        while at >= 0:
            spans.append((at, at + len(needle)))
            at = lowered.find(needle.lower(), at + len(needle))
    return spans


def _merged(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for left, right in sorted(spans):
        if merged and left <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(right, merged[-1][1]))
        else:
            merged.append((left, right))
    return merged


def _window(text: str, spans: Sequence[Span]) -> Span:
    """Where to look: most hits within the length of a passage, from a word's beginning."""
    if len(text) <= PASSAGE_CHARACTERS:
        return 0, len(text)
    best_start, best_hits = 0, 0
    lefts = [left for left, _ in spans]
    for at, left in enumerate(lefts):
        inside = bisect_left(lefts, left + PASSAGE_CHARACTERS * 0.8) - at
        if inside > best_hits:
            best_start, best_hits = left, inside
    start = 0 if best_start < PASSAGE_CHARACTERS * 0.6 else best_start - 40
    if start > 0:
        start = text.rfind(" ", 0, start + 20) + 1
    end = min(len(text), start + PASSAGE_CHARACTERS)
    if end < len(text):
        end = max(text.rfind(" ", start, end), start + PASSAGE_CHARACTERS // 2)
    return start, end


def _shared_terms(
    hits: Iterable[str], shared: Sequence[str], language: str, matcher: WordMatcher
) -> tuple[str, ...]:
    """The words as the article writes them, each in one form, longest first (they say most)."""
    taken = {fold(part) for name in shared for part in WORD.findall(name)}
    found: dict[tuple[str, ...], str] = {}
    for word in hits:
        if fold(word) not in taken and not word.isdigit():
            found.setdefault(matcher.stems(word, language), word)
    return tuple(sorted(found.values(), key=lambda word: (-len(word), word))[:_MOST_TERMS])
