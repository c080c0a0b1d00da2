"""The values of the article area: articles, their problems, blocks, sections, chunks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Audience(StrEnum):
    """Who may read an article. Each level may read everything of the levels before it."""

    CUSTOMER = "customer"
    L1 = "l1"
    L2 = "l2"

    @property
    def rank(self) -> int:
        return _RANKS[self]

    def may_read(self, article: Audience) -> bool:
        return article.rank <= self.rank


_RANKS = {audience: rank for rank, audience in enumerate(Audience)}


class Confidence(StrEnum):
    """KCS v6 article confidence."""

    WIP = "wip"
    NOT_VALIDATED = "not_validated"
    VALIDATED = "validated"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class Article:
    """One Markdown file. ``path`` is relative to the articles folder, with forward slashes."""

    id: str
    path: str
    title: str
    language: str
    body: str
    body_line: int
    """Line of the file on which ``body`` begins, counted from 1."""
    digest: str
    """Hash of the file's text; equal digests mean equal content."""
    audience: Audience = Audience.L1
    product: str = ""
    tags: tuple[str, ...] = ()
    owner: str = ""
    confidence: Confidence = Confidence.NOT_VALIDATED
    reviewed: date | None = None
    review_every_days: int | None = None
    translation_of: str = ""
    environment: tuple[str, ...] = ()
    description: str = ""

    def review_due(self) -> date | None:
        """The day the next review is due, or None when the article does not ask for reviews."""
        if self.reviewed is None or self.review_every_days is None:
            return None
        due = self.reviewed.toordinal() + self.review_every_days
        return date.fromordinal(min(due, date.max.toordinal()))


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something a content owner should mend, with the place to do it."""

    path: str
    line: int
    rule: str
    message: str
    severity: Severity = Severity.WARNING


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of Markdown that is never cut without need."""

    kind: str
    """``heading``, ``paragraph``, ``list``, ``code``, ``table``."""
    text: str
    line: int
    """Line within the body, counted from 1."""
    level: int = 0
    """Heading level, 0 for other kinds."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage of an article as it is embedded, searched and shown."""

    id: str
    """Stable: article id, heading anchors and a content hash."""
    article_id: str
    position: int
    """0, 1, 2 … within the article."""
    heading_path: tuple[str, ...]
    anchor: str
    """Anchor of the nearest heading on the article page, empty for the introduction."""
    text: str
    """Plain text without markup, as shown."""
    embed_text: str
    """What the model sees: title, headings and text, without the model's own prefix."""
    line: int
    """Line within the body."""
