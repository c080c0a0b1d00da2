"""Lint rules for translations: does each still say the same as its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kb_assist.articles.lint_source import FRONT_MATTER, LintSource, problem
from kb_assist.articles.model import Article, Block, Problem
from kb_assist.articles.plain import plain_inline, plain_text
from kb_assist.errors import N_
from kb_assist.text import UNKNOWN_LANGUAGE, identifiers

# What must read the same in every language. Addresses of web pages, versions and plain numbers are
# left out: they are localised, or look like dates and decimals.
_SAME_EVERYWHERE = frozenset(
    {"error_code", "update", "patch", "status_code", "ip_address", "email", "asset", "host_name"}
)
_LISTED = 5
"""Identifiers named in one message; the rest is counted."""


def translation_problems(source: LintSource) -> Iterator[Problem]:
    """Rules ``translation-source``, ``-language``, ``-review``, ``-headings`` and ``-code``."""
    by_id = source.library.by_id
    for article in source.articles:
        if not article.translation_of:
            continue
        original = by_id.get(article.translation_of)
        if original is None or original is article or original.translation_of:
            yield _wrong_source(article, original)
            continue
        yield from _language(article, original)
        yield from _review(article, original)
        yield from _headings(article, original, source)
        yield from _code_blocks(article, original, source)
        yield from _identifiers(article, original)


def are_translations(first: Article, second: Article) -> bool:
    """Whether one translates the other, or both the same third."""
    return (first.translation_of or first.id) == (second.translation_of or second.id)


def _wrong_source(article: Article, original: Article | None) -> Problem:
    if original is None:
        message = N_(
            "It claims to translate %(id)s, but no article has this id.",
            id=article.translation_of,
        )
    elif original is article:
        message = N_("It claims to translate itself.")
    else:
        message = N_(
            "It claims to translate %(id)s, which is itself a translation; name %(other)s instead.",
            id=original.id,
            other=original.translation_of,
        )
    return problem(article, FRONT_MATTER, "translation-source", message, error=True)


def _language(article: Article, original: Article) -> Iterator[Problem]:
    if article.language == original.language != UNKNOWN_LANGUAGE:
        message = N_(
            "It has the same language (%(language)s) as its source %(path)s.",
            language=article.language,
            path=original.path,
        )
        yield problem(article, FRONT_MATTER, "translation-language", message)


def _review(article: Article, original: Article) -> Iterator[Problem]:
    if article.reviewed and original.reviewed and article.reviewed < original.reviewed:
        message = N_(
            "It was reviewed on %(day)s, its source %(path)s later, on %(later)s; compare them.",
            day=article.reviewed,
            path=original.path,
            later=original.reviewed,
        )
        yield problem(article, FRONT_MATTER, "translation-review", message)


def _headings(article: Article, original: Article, source: LintSource) -> Iterator[Problem]:
    ours, theirs = source.sections(article), source.sections(original)
    for here, there in zip(ours, theirs, strict=False):
        if here.level != there.level:
            message = N_(
                "The heading “%(name)s” has level %(level)s, but in %(path)s “%(other)s” with level"
                " %(expected)s stands here.",
                name=_name(here),
                level=here.level,
                path=original.path,
                other=_name(there),
                expected=there.level,
            )
            yield problem(article, here.line, "translation-headings", message)
            return
    if len(ours) > len(theirs):
        extra = ours[len(theirs)]
        message = N_(
            "The heading “%(name)s” has no counterpart in %(path)s.",
            name=_name(extra),
            path=original.path,
        )
        yield problem(article, extra.line, "translation-headings", message)
    elif len(theirs) > len(ours):
        message = N_(
            "The heading “%(name)s” of %(path)s is missing.",
            name=_name(theirs[len(ours)]),
            path=original.path,
        )
        line = ours[-1].line if ours else 1
        yield problem(article, line, "translation-headings", message)


def _name(heading: Block) -> str:
    return " ".join(plain_inline(heading.text).split())[:80]


def _code_blocks(article: Article, original: Article, source: LintSource) -> Iterator[Problem]:
    ours, theirs = (
        sum(1 for block in source.blocks(each) if block.kind == "code")
        for each in (article, original)
    )
    if ours != theirs:
        message = N_(
            "Code blocks: %(ours)s here, %(theirs)s in its source %(path)s.",
            ours=ours,
            theirs=theirs,
            path=original.path,
        )
        yield problem(article, 1, "translation-code", message)


def _identifiers(article: Article, original: Article) -> Iterator[Problem]:
    ours, theirs = _fixed_terms(article), _fixed_terms(original)
    missing = [text for key, text in theirs.items() if key not in ours]
    if missing:
        message = N_(
            "Missing here, but in %(path)s: %(terms)s.", path=original.path, terms=_some(missing)
        )
        yield problem(article, 1, "translation-code", message)
    extra = [text for key, text in ours.items() if key not in theirs]
    if extra:
        position = article.body.find(extra[0])
        line = article.body.count("\n", 0, max(position, 0)) + 1
        message = N_(
            "Here, but not in %(path)s: %(terms)s.", path=original.path, terms=_some(extra)
        )
        yield problem(article, line, "translation-code", message)


def _fixed_terms(article: Article) -> Mapping[str, str]:
    """Key to spelling of what no translator changes."""
    found = identifiers(f"{article.title}\n{plain_text(article.body)}")
    return {each.key: each.text for each in found if each.kind in _SAME_EVERYWHERE}


def _some(terms: list[str]) -> str:
    return ", ".join(terms[:_LISTED]) + (f" (+{len(terms) - _LISTED})" if terms[_LISTED:] else "")
