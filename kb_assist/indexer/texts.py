"""Articles and chunks of a published index as rows of a SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kb_assist.articles.model import Article, Audience, Chunk, Confidence
from kb_assist.articles.plain import plain_text
from kb_assist.text import identifiers


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk as it is shown; ``row`` is its number in the indexes."""

    row: int
    anchor: str
    heading_path: tuple[str, ...]
    text: str


def write_texts(
    path: Path, articles: Sequence[Article], rows: Mapping[str, int], chunks: Sequence[Chunk]
) -> None:
    """Store articles and chunks; ``rows`` maps the ids of ranked articles to their rows."""
    connection = sqlite3.connect(path)
    try:
        connection.executescript(_SCHEMA)
        connection.executemany(
            f"INSERT INTO articles VALUES ({','.join('?' * 19)})",
            (_article_values(article, rows.get(article.id)) for article in articles),
        )
        connection.executemany(
            "INSERT INTO chunks VALUES (?,?,?,?,?,?,?,?)",
            (
                (
                    row,
                    rows[chunk.article_id],
                    chunk.id,
                    chunk.anchor,
                    json.dumps(chunk.heading_path, ensure_ascii=False),
                    chunk.text,
                    chunk.embed_text,
                    chunk.line,
                )
                for row, chunk in enumerate(chunks)
            ),
        )
        connection.commit()
    finally:
        connection.close()


_SCHEMA = """
CREATE TABLE articles (
    id TEXT PRIMARY KEY, row INTEGER UNIQUE, path TEXT UNIQUE NOT NULL, title TEXT NOT NULL,
    language TEXT NOT NULL, body TEXT NOT NULL, body_line INTEGER NOT NULL, digest TEXT NOT NULL,
    audience TEXT NOT NULL, product TEXT NOT NULL, tags TEXT NOT NULL, owner TEXT NOT NULL,
    confidence TEXT NOT NULL, reviewed TEXT, review_every_days INTEGER,
    translation_of TEXT NOT NULL, environment TEXT NOT NULL, description TEXT NOT NULL,
    identifiers TEXT NOT NULL
);
CREATE INDEX articles_translation_of ON articles (translation_of);
CREATE TABLE chunks (
    row INTEGER PRIMARY KEY, article_row INTEGER NOT NULL, id TEXT NOT NULL, anchor TEXT NOT NULL,
    heading_path TEXT NOT NULL, text TEXT NOT NULL, embed_text TEXT NOT NULL, line INTEGER NOT NULL
);
"""


def _article_values(article: Article, row: int | None) -> tuple[object, ...]:
    return (
        article.id,
        row,
        article.path,
        article.title,
        article.language,
        article.body,
        article.body_line,
        article.digest,
        article.audience.value,
        article.product,
        json.dumps(article.tags, ensure_ascii=False),
        article.owner,
        article.confidence.value,
        article.reviewed.isoformat() if article.reviewed else None,
        article.review_every_days,
        article.translation_of,
        json.dumps(article.environment, ensure_ascii=False),
        article.description,
        json.dumps(sorted(_identifier_keys(article)), ensure_ascii=False),
    )


def _identifier_keys(article: Article) -> set[str]:
    text = f"{article.title}\n{plain_text(article.body)}"
    return {found.key for found in identifiers(text)}


def _listed(stored: str) -> tuple[str, ...]:
    # Most articles have none, and all of them are read at once.
    return () if stored == "[]" else tuple(json.loads(stored))


def article_of(row: sqlite3.Row) -> Article:
    """A row of the table ``articles``."""
    return Article(
        id=row["id"],
        path=row["path"],
        title=row["title"],
        language=row["language"],
        body=row["body"],
        body_line=row["body_line"],
        digest=row["digest"],
        audience=Audience(row["audience"]),
        product=row["product"],
        tags=_listed(row["tags"]),
        owner=row["owner"],
        confidence=Confidence(row["confidence"]),
        reviewed=date.fromisoformat(row["reviewed"]) if row["reviewed"] else None,
        review_every_days=row["review_every_days"],
        translation_of=row["translation_of"],
        environment=_listed(row["environment"]),
        description=row["description"],
    )


def chunk_of(row: sqlite3.Row) -> StoredChunk:
    """A row of the table ``chunks``."""
    return StoredChunk(
        row=row["row"],
        anchor=row["anchor"],
        heading_path=tuple(json.loads(row["heading_path"])),
        text=row["text"],
    )
