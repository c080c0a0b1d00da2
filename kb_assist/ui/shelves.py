"""Articles as the browse page shows them: by topic, translations in one row; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kb_assist.articles.model import Article
from kb_assist.ui.results import source_id

# More rows make a slow page that nobody reads.
PAGE_ROWS = 100


@dataclass(frozen=True, slots=True)
class Row:
    """An article in the reader's language where there is one, and its other versions."""

    article: Article
    others: tuple[Article, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """A folder of the articles; an empty name is the top folder."""

    name: str
    rows: tuple[Row, ...]
    first: int = 0
    """How many rows the topics before it have."""

    @property
    def anchor(self) -> str:
        return "topic-" + (self.name.replace("/", "-") or "general")


def shelves(articles: Iterable[Article], language: str) -> list[Topic]:
    """``articles`` in path order; ``language`` is the reader's."""
    versions: dict[str, list[Article]] = {}
    for article in articles:
        versions.setdefault(source_id(article), []).append(article)
    topics: dict[str, list[Row]] = {}
    for group in versions.values():
        row = _row(group, language)
        topics.setdefault(row.article.path.rpartition("/")[0], []).append(row)
    found, first = [], 0
    for name, rows in sorted(topics.items()):
        ordered = tuple(sorted(rows, key=lambda row: row.article.title.casefold()))
        found.append(Topic(name, ordered, first))
        first += len(ordered)
    return found


def page_of(topics: Iterable[Topic], start: int) -> list[Topic]:
    """At most ``PAGE_ROWS`` rows of the topics, those from row ``start`` on."""
    shown = []
    for topic in topics:
        before = max(0, start - topic.first)
        rows = topic.rows[before : max(0, start + PAGE_ROWS - topic.first)]
        if rows:
            shown.append(replace(topic, rows=rows))
    return shown


def _row(versions: Sequence[Article], language: str) -> Row:
    first = next((v for v in versions if v.language == language), versions[0])
    return Row(first, tuple(v for v in versions if v is not first))
