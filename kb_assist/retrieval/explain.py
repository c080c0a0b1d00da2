"""Why an article is suggested: its best passage, the words and identifiers both share."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence, Set
from dataclasses import dataclass

from kb_assist.articles.model import Article
from kb_assist.indexer.analysis import Analyser
from kb_assist.indexer.lexical import LexicalQuery, matched_words
from kb_assist.indexer.texts import StoredChunk
from kb_assist.retrieval.model import Marked, Passage, Query
from kb_assist.text import WORD, fold

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
    query: Query,
    terms: LexicalQuery,
    article: Article,
    chunk: StoredChunk,
    named: Set[str],
    analyser: Analyser,
) -> Explanation:
    """What query and article have in common; ``named`` are the article's identifier keys."""
    hits = matched_words(chunk.text, article.language, terms, analyser)
    title_hits = matched_words(article.title, article.language, terms, analyser)
    wanted = [found.text for found in query.identifiers if found.key in named]
    shared = tuple(wanted[:_MOST_IDENTIFIERS])
    runs = mark(chunk.text, hits, [found.lower() for found in shared])
    return Explanation(
        passage=Passage(chunk.anchor, chunk.heading_path, runs),
        shared_identifiers=shared,
        shared_terms=_shared_terms(article.title + "\n" + chunk.text, title_hits | hits, shared),
    )


def mark(text: str, hits: set[str], exact: Sequence[str]) -> tuple[Marked, ...]:
    """The densest window of a text, cut into runs with the hits marked.

    ``hits`` are folded words, ``exact`` lower-case strings that count as a whole.
    """
    spans = _spans(text, hits, exact)
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


def _spans(text: str, hits: set[str], exact: Sequence[str]) -> list[tuple[int, int]]:
    # A single letter or digit is part of something else more often than it is a word.
    found = (m for m in WORD.finditer(text) if len(m.group()) > 1)
    spans = [m.span() for m in found if fold(m.group()) in hits]
    lowered = text.lower()
    for needle in exact:
        at = lowered.find(needle)
        while at >= 0:
            spans.append((at, at + len(needle)))
            at = lowered.find(needle, at + len(needle))
    merged: list[tuple[int, int]] = []
    for left, right in sorted(spans):
        if merged and left <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(right, merged[-1][1]))
        else:
            merged.append((left, right))
    return merged


def _window(text: str, spans: Sequence[tuple[int, int]]) -> tuple[int, int]:
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


def _shared_terms(text: str, hits: set[str], shared: Sequence[str]) -> tuple[str, ...]:
    """The words as the article writes them, each once, longest first (they say most)."""
    taken = {fold(part) for name in shared for part in WORD.findall(name)}
    found: dict[str, str] = {}
    for word in WORD.findall(text):
        key = fold(word)
        if key in hits and key not in taken and not key.isdigit():
            found.setdefault(key, word)
    return tuple(sorted(found.values(), key=lambda word: (-len(word), word))[:_MOST_TERMS])
