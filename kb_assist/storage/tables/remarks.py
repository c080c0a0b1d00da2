"""What readers remarked about paragraphs of articles."""

from __future__ import annotations

from sqlalchemy import Column, Table

from kb_assist.storage.tables.metadata import metadata
from kb_assist.storage.types import CleanString, CleanText, Key, UtcDateTime

remarks = Table(
    "remarks",
    metadata,
    Column("id", Key, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("article_id", CleanString(300), nullable=False),
    Column("article_digest", CleanString(100), nullable=False),
    Column("passage", CleanString(200), nullable=False),
    Column("excerpt", CleanText, nullable=False),
    Column("remark", CleanText, nullable=False),
)
