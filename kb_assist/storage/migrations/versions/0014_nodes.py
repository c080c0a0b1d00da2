"""Remarks, the key of cookies and counts of requests, where every node finds them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kb_assist.storage.types import Key, UtcDateTime

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "remarks",
        sa.Column("id", Key, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("article_id", sa.String(300), nullable=False),
        sa.Column("article_digest", sa.String(100), nullable=False),
        sa.Column("passage", sa.String(200), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_remarks"),
    )
    op.create_table(
        "node_keys",
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("secret", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_node_keys"),
    )
    op.create_table(
        "request_counts",
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("minute", UtcDateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "minute", name="pk_request_counts"),
    )
    op.create_index("ix_request_counts_minute", "request_counts", ["minute"])
