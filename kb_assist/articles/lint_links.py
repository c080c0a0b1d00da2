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
    named = f"The picture {first.target[:80]} is"
    if len(hidden) > 1:
        named = f"{len(hidden)} pictures, the first being {first.target[:80]}, are"
    kinds = ", ".join(ending.removeprefix(".") for ending in IMAGE_ENDINGS)
    message = f"{named} not shown: only files below the articles folder are ({kinds})."
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
                message = f"The link leads nowhere: {self._nothing_called(named)}"
                yield problem(article, reference.line, "dead-link", message, error=True)
            return
        anchor = unquote(fragment)
        # Browsers know "top" and text fragments without a heading of that name.
        if not anchor or anchor == "top" or anchor.startswith(":~:"):
            return
        if anchor not in self._source.anchors[target.id]:
            where = "this article" if target is article else target.path
            hint = self._similar_anchor(target, anchor)
            message = f"There is no heading #{anchor} in {where}.{hint}"
            yield problem(article, reference.line, "dead-anchor", message)

    def image(self, article: Article, reference: Reference) -> Iterator[Problem]:
        named, _ = link_target(reference.target, article.path)
        if named.startswith("..") or not self._is_file(named):
            message = f"There is no picture {named} in the articles folder."
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

    def _nothing_called(self, named: str) -> str:
        if named.startswith("kb:"):
            return f"no article has the id {named.removeprefix('kb:')}."
        elsewhere = self._paths_by_name.get(named.rsplit("/", 1)[-1].lower(), [])
        hint = f" Did you mean {elsewhere[0]}?" if len(elsewhere) == 1 else ""
        return f"there is no article {named}.{hint}"

    @cached_property
    def _paths_by_name(self) -> dict[str, list[str]]:
        paths: dict[str, list[str]] = {}
        for path in self._library.by_path:
            paths.setdefault(path.rsplit("/", 1)[-1].lower(), []).append(path)
        return paths

    def _similar_anchor(self, target: Article, anchor: str) -> str:
        folded = anchor.lower()
        close = [known for known in sorted(self._source.anchors[target.id]) if known == folded]
        return f" Did you mean #{close[0]}?" if close else ""
