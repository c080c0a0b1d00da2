"""Articles that say the same and differ in a fact: the same sentence with another value; pure.

Two sentences are compared only when they are equal word by word but for the words with a digit in
them: numbers, versions, sizes, ports, codes, addresses. Nothing is guessed from meaning, so every
finding can be read and judged in one glance; what is put in other words is not found.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kb_assist.articles.lint_source import LintSource
from kb_assist.articles.model import Article, Confidence
from kb_assist.text import fold

# A sentence with fewer words beside the facts is said in many articles ("Version 2 or later").
_FEWEST_WORDS = 6
_WORD = re.compile(r"[^\s,;()\[\]\"„“”«»]+")
_SENTENCE_END = re.compile(r"(?<=[.!?:])\s+(?=[A-ZÄÖÜ\"„])")
_DIGIT = re.compile(r"\d")
# Of a number behind one of these another article counts on its own.
_COUNTED = frozenset(
    "step scenario option figure table section example method phase case part chapter page"
    " schritt szenario abbildung tabelle abschnitt beispiel methode fall teil kapitel seite".split()
)

_Key = tuple[str, ...]
_Said = tuple[tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One sentence of two articles that differs in a fact."""

    first: str
    """Article id."""
    second: str
    first_says: str
    second_says: str
    facts: tuple[tuple[str, str], ...]
    """What differs, as each writes it."""


def contradictions(source: LintSource, near: frozenset[frozenset[str]]) -> list[Contradiction]:
    """``near``: pairs of article ids that are about the same.

    Left out: a sentence of more than two articles (a template), articles whose titles name
    different facts (another version, another error), archived articles.
    """
    kept = {a.id: a for a in source.articles if a.confidence is not Confidence.ARCHIVED}
    wanted = {one for pair in near for one in pair} & kept.keys()
    said: defaultdict[tuple[str, _Key], dict[str, _Said]] = defaultdict(dict)
    for article in kept.values():
        for key, facts, sentence in _sentences(article, source):
            said[article.language, key].setdefault(article.id, (facts, sentence))
    found: list[Contradiction] = []
    for by_article in said.values():
        if len(by_article) == 2 and by_article.keys() <= wanted:
            found += _compared(by_article, kept, near)
    return sorted(found, key=lambda one: (one.first, one.second, one.first_says))


def _compared(
    by_article: Mapping[str, _Said],
    articles: Mapping[str, Article],
    near: frozenset[frozenset[str]],
) -> Iterator[Contradiction]:
    first, second = sorted(by_article)
    if frozenset((first, second)) not in near:
        return
    if _masked(articles[first].title)[1] != _masked(articles[second].title)[1]:
        return
    (one, one_says), (other, other_says) = by_article[first], by_article[second]
    facts = tuple((a, b) for a, b in zip(one, other, strict=True) if a.casefold() != b.casefold())
    if facts:
        yield Contradiction(first, second, one_says, other_says, facts)


def _sentences(article: Article, source: LintSource) -> Iterator[tuple[_Key, tuple[str, ...], str]]:
    for _, plain in source.prose(article):
        for line in plain.splitlines():
            if not _DIGIT.search(line):
                continue
            for sentence in _SENTENCE_END.split(line):
                key, facts = _masked(sentence)
                if facts and len(key) - len(facts) >= _FEWEST_WORDS and "://" not in sentence:
                    yield key, facts, sentence.strip()


def _masked(text: str) -> tuple[_Key, tuple[str, ...]]:
    """The words with ``#`` in place of each fact, and the facts."""
    key: list[str] = []
    facts: list[str] = []
    for word in _WORD.findall(text):
        plain = word.strip(".:!?*`'")
        is_fact = _DIGIT.search(plain) is not None and (not key or key[-1] not in _COUNTED)
        if is_fact:
            facts.append(plain)
        if plain:
            key.append("#" if is_fact else fold(plain))
    return tuple(key), tuple(facts)
