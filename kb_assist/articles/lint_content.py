"""Lint rules for one article at a time: its sections, its paragraphs, its review date."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from kb_assist.articles.lint_source import FRONT_MATTER, LintSource, problem
from kb_assist.articles.model import Article, Audience, Block, Confidence, Problem
from kb_assist.articles.plain import plain_inline
from kb_assist.errors import N_, Phrase
from kb_assist.text import fold, words

LONGEST_PARAGRAPH_WORDS = 150
"""About a third of a screen; nobody on the phone reads more in one go."""

FOREIGN_ARTICLES = 10
"""With fewer articles without sections, naming each is still a list one can work through."""

LIBRARY_PATH = "."
"""Stands for the articles folder in a finding about the library as a whole."""

# Headings are folded first, so that Lösung is loesung.
_SECTIONS = {
    "Issue": re.compile(r"\b(?:issues?|problem\w*|symptom\w*|fehlerbild\w*|stoerung\w*)\b"),
    # A procedure has no cause; what must be in place stands in its stead.
    "Cause": re.compile(
        r"\b(?:causes?|reasons?|ursachen?|gruende|grund"
        r"|prerequisites?|before you (?:begin|start)|voraussetzung\w*)\b"
    ),
    "Resolution": re.compile(
        r"\b(?:resolutions?|solutions?|fix(?:es)?|workarounds?|loesung\w*|behebung|abhilfe)\b"
    ),
}
_GERMAN = {"Issue": "Problem", "Cause": "Ursache", "Resolution": "Lösung"}
_REQUIRED = {
    Audience.CUSTOMER: ("Issue", "Resolution"),
    Audience.L1: ("Issue", "Cause", "Resolution"),
    Audience.L2: ("Issue", "Cause", "Resolution"),
}
_NO_PROSE = re.compile(r"^\s*<(?:table|ul|ol|pre|dl|!--|script|style)\b", re.IGNORECASE)


def content_problems(source: LintSource) -> Iterator[Problem]:
    """Rules ``missing-section`` and ``long-paragraph``.

    Archived articles are left alone: nobody should spend time on them.
    """
    kept = [a for a in source.articles if a.confidence is not Confidence.ARCHIVED]
    yield from _section_problems(source, kept)
    for article in kept:
        yield from _long_paragraphs(article, source)


def review_problems(articles: Iterable[Article], today: date) -> Iterator[Problem]:
    """Rules ``review-due`` and ``review-future``, which change from day to day."""
    for article in articles:
        if article.confidence is not Confidence.ARCHIVED:
            yield from _review(article, today)


def _section_problems(source: LintSource, articles: list[Article]) -> Iterator[Problem]:
    """One finding an article; one in all where the library was written to another plan."""
    present = {article.id: _present(source.sections(article)) for article in articles}
    without = sum(1 for found in present.values() if not found)
    foreign = without >= FOREIGN_ARTICLES and without > len(articles) / 2
    if foreign:
        message = N_(
            "%(count)s of %(all)s articles have none of the sections %(names)s; they are not"
            " reported one by one.",
            count=without,
            all=len(articles),
            names=", ".join(_SECTIONS),
        )
        yield Problem(LIBRARY_PATH, 1, "missing-section", message)
    for article in articles:
        missing = [name for name in _REQUIRED[article.audience] if name not in present[article.id]]
        if missing and not (foreign and not present[article.id]):
            names = [_GERMAN[name] if article.language == "de" else name for name in missing]
            yield problem(article, 1, "missing-section", _missing(article, names))


def _missing(article: Article, names: list[str]) -> Phrase:
    if len(names) == 1:
        return N_(
            "Readers of this audience (%(audience)s) need the section %(name)s.",
            audience=article.audience,
            name=names[0],
        )
    return N_(
        "Readers of this audience (%(audience)s) need the sections %(names)s.",
        audience=article.audience,
        names=", ".join(names),
    )


def _present(headings: list[Block]) -> set[str]:
    folded = [fold(plain_inline(heading.text)) for heading in headings]
    return {name for name, known in _SECTIONS.items() if any(map(known.search, folded))}


def _long_paragraphs(article: Article, source: LintSource) -> Iterator[Problem]:
    for block, plain in source.prose(article):
        if block.kind != "paragraph" or _NO_PROSE.match(block.text) or _is_code(block.text):
            continue
        count = len(words(plain))
        if count > LONGEST_PARAGRAPH_WORDS:
            message = N_(
                "The paragraph has %(count)s words, %(most)s are readable; split it or make it a"
                " list.",
                count=count,
                most=LONGEST_PARAGRAPH_WORDS,
            )
            yield problem(article, block.line, "long-paragraph", message)


def _is_code(text: str) -> bool:
    return all(line.startswith(("    ", "\t")) for line in text.split("\n") if line.strip())


def _review(article: Article, today: date) -> Iterator[Problem]:
    due = article.review_due()
    if article.reviewed is not None and article.reviewed > today:
        message = N_(
            "The article says it was reviewed on %(day)s, which is yet to come.",
            day=article.reviewed,
        )
        yield problem(article, FRONT_MATTER, "review-future", message)
    elif due is not None and due < today:
        days = (today - due).days
        message = N_("The review was due on %(day)s, %(days)s days ago.", day=due, days=days)
        if days == 1:
            message = N_("The review was due on %(day)s, yesterday.", day=due)
        yield problem(article, FRONT_MATTER, "review-due", message)
