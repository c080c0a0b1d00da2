"""What every lint rule reads: the library, each body parsed once, and lines of the file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache

from kb_assist.articles.chunking import anchor_of
from kb_assist.articles.library import Library
from kb_assist.articles.model import Article, Block, Problem, Severity
from kb_assist.articles.plain import parse_blocks, plain_block, plain_inline
from kb_assist.articles.references import Reference, references
from kb_assist.errors import Phrase
from kb_assist.text import fold

FRONT_MATTER = 0
"""In place of a line of the body."""

# Texts kept parsed, some kilobytes each; of a larger library they are parsed again for each rule.
_KEPT = 20_000


class LintSource:
    """A library as the rules see it."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.files: dict[str, bool] = {}
        """What a rule looked for below the articles folder, and whether it is there."""
        self._blocks = lru_cache(maxsize=_KEPT)(self._read_blocks)
        self._prose = lru_cache(maxsize=_KEPT)(self._read_prose)
        self._references = lru_cache(maxsize=_KEPT)(self._read_references)
        self._anchors = lru_cache(maxsize=_KEPT)(self._read_anchors)

    @property
    def articles(self) -> Sequence[Article]:
        return self.library.articles

    def blocks(self, article: Article) -> Sequence[Block]:
        """The blocks of its body."""
        return self._blocks(article.id)

    def prose(self, article: Article) -> Sequence[tuple[Block, str]]:
        """All blocks but headings, each with its plain text."""
        return self._prose(article.id)

    def references(self, article: Article) -> Sequence[Reference]:
        """The addresses in it."""
        return self._references(article.id)

    def anchors(self, article: Article) -> frozenset[str]:
        """What ``#…`` may name on its page."""
        return self._anchors(article.id)

    def is_file(self, named: str) -> bool:
        """Whether there is such a file below the articles folder; the answer is kept."""
        if named not in self.files:
            # Unlike Path.is_file, this takes any text for a name, however long.
            self.files[named] = os.path.isfile(self.library.root / named)
        return self.files[named]

    def _read_blocks(self, article_id: str) -> Sequence[Block]:
        return parse_blocks(self.library.by_id[article_id].body)

    def _read_prose(self, article_id: str) -> Sequence[tuple[Block, str]]:
        blocks = self._blocks(article_id)
        return [(block, plain_block(block)) for block in blocks if block.kind != "heading"]

    def _read_references(self, article_id: str) -> Sequence[Reference]:
        return list(references(self._blocks(article_id)))

    def _read_anchors(self, article_id: str) -> frozenset[str]:
        taken: set[str] = set()
        for block in self._blocks(article_id):
            if block.kind == "heading":
                anchor_of(plain_inline(block.text), taken)
        return frozenset(taken)

    def sections(self, article: Article) -> list[Block]:
        """The headings of an article without the one that repeats its title."""
        return [
            block
            for block in self.blocks(article)
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
