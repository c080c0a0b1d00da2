"""What web nodes have to know of each other."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table

from kb_assist.storage.tables.metadata import metadata
from kb_assist.storage.types import UtcDateTime

# At most one row a name. Without a secret the key is configured on every node.
node_keys = Table(
    "node_keys",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("secret", String(200), nullable=True),
)

# How often something was asked for in a minute; rows of earlier minutes are deleted.
request_counts = Table(
    "request_counts",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("minute", UtcDateTime, primary_key=True, index=True),
    Column("count", Integer, nullable=False),
)
