"""Lint rules for what a text refers to: other articles, headings, pictures."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from urllib.parse import unquote, urlsplit

from kb_assist.articles.library import GUIDES_FOLDER
from kb_assist.articles.lint_source import LintSource, problem
from kb_assist.articles.markdown import IMAGE_ENDINGS, is_internal, link_target
from kb_assist.articles.model import Article, Problem
from kb_assist.articles.references import Reference
from kb_assist.errors import N_, Phrase


def link_problems(source: LintSource) -> Iterator[Problem]:
    """Rules ``dead-link``, ``dead-anchor``, ``missing-image`` and ``hidden-image``."""
    checker = _Checker(source)
    for article in source.articles:
        hidden: list[Reference] = []
        for reference in source.references(article):
            if not reference.is_image:
                yield from checker.link(article, reference)
            elif is_shown(reference.target):
                yield from checker.image(article, reference)
            else:
                hidden.append(reference)
        if hidden:
            yield _hidden(article, hidden)


def is_shown(target: str) -> bool:
    """Whether the article page would load such a picture, if it existed."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    local = not parts.scheme and not parts.netloc
    return local and parts.path.lower().endswith(IMAGE_ENDINGS)


def _hidden(article: Article, hidden: list[Reference]) -> Problem:
    """One finding an article: whoever links pictures from elsewhere mostly links many."""
    first = hidden[0]
    kinds = ", ".join(ending.removeprefix(".") for ending in IMAGE_ENDINGS)
    message = N_(
        "The picture %(name)s is not shown: only files below the articles folder are (%(kinds)s).",
        name=first.target[:80],
        kinds=kinds,
    )
    if len(hidden) > 1:
        message = N_(
            "%(count)s pictures, the first being %(name)s, are not shown: only files below the"
            " articles folder are (%(kinds)s).",
            count=len(hidden),
            name=first.target[:80],
            kinds=kinds,
        )
    return problem(article, first.line, "hidden-image", message)


class _Checker:
    def __init__(self, source: LintSource) -> None:
        self._source = source
        self._library = source.library

    def link(self, article: Article, reference: Reference) -> Iterator[Problem]:
        if not is_internal(reference.target):
            return
        named, fragment = link_target(reference.target, article.path)
        target = self._article(named) if named else article
        if target is None:
            if not self._is_guide(named):
                message = self._nothing_called(named)
                yield problem(article, reference.line, "dead-link", message, error=True)
            return
        anchor = unquote(fragment)
        # Browsers know "top" and text fragments without a heading of that name.
        if not anchor or anchor == "top" or anchor.startswith(":~:"):
            return
        if anchor not in self._source.anchors(target):
            message = self._no_heading(target, anchor)
            yield problem(article, reference.line, "dead-anchor", message)

    def image(self, article: Article, reference: Reference) -> Iterator[Problem]:
        named, _ = link_target(reference.target, article.path)
        if named.startswith("..") or not self._source.is_file(named):
            message = N_("There is no picture %(name)s in the articles folder.", name=named)
            yield problem(article, reference.line, "missing-image", message, error=True)

    def _article(self, named: str) -> Article | None:
        if named.startswith("kb:"):
            return self._library.by_id.get(named.removeprefix("kb:"))
        return self._library.by_path.get(named)

    def _is_guide(self, named: str) -> bool:
        return named.startswith(f"{GUIDES_FOLDER}/") and self._source.is_file(named)

    def _nothing_called(self, named: str) -> Phrase:
        if named.startswith("kb:"):
            return N_(
                "The link leads nowhere: no article has the id %(id)s.",
                id=named.removeprefix("kb:"),
            )
        elsewhere = self._paths_by_name.get(named.rsplit("/", 1)[-1].lower(), [])
        if len(elsewhere) == 1:
            return N_(
                "The link leads nowhere: there is no article %(name)s. Did you mean %(other)s?",
                name=named,
                other=elsewhere[0],
            )
        return N_("The link leads nowhere: there is no article %(name)s.", name=named)

    @cached_property
    def _paths_by_name(self) -> dict[str, list[str]]:
        paths: dict[str, list[str]] = {}
        for path in self._library.by_path:
            paths.setdefault(path.rsplit("/", 1)[-1].lower(), []).append(path)
        return paths

    def _no_heading(self, target: Article, anchor: str) -> Phrase:
        folded = anchor.lower()
        if folded in self._source.anchors(target):
            return N_(
                "There is no heading #%(anchor)s in %(path)s. Did you mean #%(other)s?",
                anchor=anchor,
                path=target.path,
                other=folded,
            )
        return N_("There is no heading #%(anchor)s in %(path)s.", anchor=anchor, path=target.path)
