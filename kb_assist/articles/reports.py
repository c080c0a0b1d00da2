"""A problem that a reader reports about a paragraph, for the content owner."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ParagraphReport:
    """One reader's remark; ``passage`` is the ``data-passage`` key of the paragraph."""

    at: str
    """ISO 8601, in UTC."""
    article_id: str
    article_digest: str
    passage: str
    excerpt: str
    remark: str
