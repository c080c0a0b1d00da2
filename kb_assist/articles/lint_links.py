"""Lint rules for what a text refers to: other articles, headings, pictures."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote, urlsplit

from kb_assist.articles.library import GUIDES_FOLDER
from kb_assist.articles.lint_source import LintSource, problem
from kb_assist.articles.markdown import IMAGE_ENDINGS, is_internal, link_target
from kb_assist.articles.model import Article, Block, Problem
from kb_assist.errors import N_, Phrase

# Code spans, comments and escaped marks contain no links.
_LITERAL = re.compile(
    r"\\[\\`\[\]!]|(?<!`)(`{1,9})(?!`).{1,2000}?(?<!`)\1(?!`)|<!--.{0,100000}?-->", re.DOTALL
)
_INLINE = re.compile(
    r"(?:(!)\[[^\[\]]{0,1000})?\]\(\s*"
    r"(?:<([^<>\n]{1,2000})>|((?:[^\s()<>]|\([^\s()]{0,500}\)){1,2000}))"
)
_DEFINITION = re.compile(r"^ {0,3}\[[^\[\]^]{1,500}\]:[ \t]*<?([^\s<>]{1,2000})>?", re.MULTILINE)
_HTML = re.compile(
    r"<(a|img)\b[^<>]{0,2000}?\b(?:href|src)\s*=\s*[\"']([^\"'<>]{1,2000})[\"']", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Reference:
    """An address in a text."""

    target: str
    is_image: bool
    line: int
    """Line within the body."""


def references(blocks: Sequence[Block]) -> Iterator[Reference]:
    """Links and pictures in reading order within a block; code is passed over."""
    for block in blocks:
        if block.kind == "code":
            continue
        text = _LITERAL.sub(_blank, block.text)
        for start, target, is_image in _found(text):
            yield Reference(target, is_image, block.line + text.count("\n", 0, start))


def _blank(match: re.Match[str]) -> str:
    """Same length and lines, nothing in it."""
    return re.sub(r"[^\n]", " ", match.group())


def _found(text: str) -> Iterator[tuple[int, str, bool]]:
    if "](" in text:
        for match in _INLINE.finditer(text):
            is_image = bool(match.group(1))
            if is_image or _is_opened(text[max(0, match.start() - 1000) : match.start()]):
                yield match.start(), match.group(2) or match.group(3), is_image
    if "]:" in text:
        for match in _DEFINITION.finditer(text):
            target = match.group(1)
            yield match.start(), target, target.lower().endswith(IMAGE_ENDINGS)
    if "<" in text:
        for match in _HTML.finditer(text):
            yield match.start(), match.group(2), match.group(1).lower() == "img"


def _is_opened(before: str) -> bool:
    """Whether a bracket that closes behind this text was opened in it."""
    inner = 0
    for character in reversed(before):
        if character == "]":
            inner += 1
        elif character == "[":
            if inner == 0:
                return True
            inner -= 1
    return False


def link_problems(source: LintSource) -> Iterator[Problem]:
    """Rules ``dead-link``, ``dead-anchor``, ``missing-image`` and ``hidden-image``."""
    checker = _Checker(source)
    for article in source.articles:
        hidden: list[Reference] = []
        for reference in references(source.blocks[article.id]):
            if not reference.is_image:
                yield from checker.link(article, reference)
            elif _is_shown(reference.target):
                yield from checker.image(article, reference)
            else:
                hidden.append(reference)
        if hidden:
            yield _hidden(article, hidden)


def _is_shown(target: str) -> bool:
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
        if anchor not in self._source.anchors[target.id]:
            message = self._no_heading(target, anchor)
            yield problem(article, reference.line, "dead-anchor", message)

    def image(self, article: Article, reference: Reference) -> Iterator[Problem]:
        named, _ = link_target(reference.target, article.path)
        if named.startswith("..") or not self._is_file(named):
            message = N_("There is no picture %(name)s in the articles folder.", name=named)
            yield problem(article, reference.line, "missing-image", message, error=True)

    def _article(self, named: str) -> Article | None:
        if named.startswith("kb:"):
            return self._library.by_id.get(named.removeprefix("kb:"))
        return self._library.by_path.get(named)

    def _is_guide(self, named: str) -> bool:
        return named.startswith(f"{GUIDES_FOLDER}/") and self._is_file(named)

    def _is_file(self, named: str) -> bool:
        # Unlike Path.is_file, this takes any text for a name, however long.
        return os.path.isfile(self._library.root / named)

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
        if folded in self._source.anchors[target.id]:
            return N_(
                "There is no heading #%(anchor)s in %(path)s. Did you mean #%(other)s?",
                anchor=anchor,
                path=target.path,
                other=folded,
            )
        return N_("There is no heading #%(anchor)s in %(path)s.", anchor=anchor, path=target.path)
