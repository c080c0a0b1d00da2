"""What every lint rule reads: the library, each body parsed once, and lines of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from kb_assist.articles.chunking import anchor_of
from kb_assist.articles.library import Library
from kb_assist.articles.model import Article, Block, Problem, Severity
from kb_assist.articles.plain import parse_blocks, plain_inline
from kb_assist.errors import Phrase
from kb_assist.text import fold

FRONT_MATTER = 0
"""In place of a line of the body."""


class LintSource:
    """A library as the rules see it."""

    def __init__(self, library: Library) -> None:
        self.library = library

    @property
    def articles(self) -> Sequence[Article]:
        return self.library.articles

    @cached_property
    def blocks(self) -> Mapping[str, Sequence[Block]]:
        """Article id to the blocks of its body."""
        return {article.id: parse_blocks(article.body) for article in self.articles}

    @cached_property
    def anchors(self) -> Mapping[str, frozenset[str]]:
        """Article id to what ``#…`` may name on its page."""
        return {article.id: self._anchors(article) for article in self.articles}

    def _anchors(self, article: Article) -> frozenset[str]:
        taken: set[str] = set()
        for block in self.blocks[article.id]:
            if block.kind == "heading":
                anchor_of(plain_inline(block.text), taken)
        return frozenset(taken)

    def sections(self, article: Article) -> list[Block]:
        """The headings of an article without the one that repeats its title."""
        return [
            block
            for block in self.blocks[article.id]
            if block.kind == "heading"
            and not (block.level == 1 and fold(plain_inline(block.text)) == fold(article.title))
        ]


def problem(
    article: Article, line: int, rule: str, message: Phrase, *, error: bool = False
) -> Problem:
    """A finding at a line of the body, counted from 1, or at FRONT_MATTER."""
    line = 1 if line == FRONT_MATTER else article.body_line - 1 + line
    severity = Severity.ERROR if error else Severity.WARNING
    return Problem(article.path, line, rule, message, severity)
