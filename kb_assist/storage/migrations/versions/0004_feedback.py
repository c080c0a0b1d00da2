"""What happened to suggestions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kb_assist.storage.types import Key, UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _suggestion_signals()


def _suggestion_signals() -> None:
    op.create_table(
        "suggestion_signals",
        sa.Column("id", Key, nullable=False),
        sa.Column("ticket_id", Key, nullable=True),
        sa.Column("user_id", Key, nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject_kind", sa.String(20), nullable=False, server_default="article"),
        sa.Column("subject_id", sa.String(200), nullable=False, server_default=""),
        sa.Column("passage", sa.String(200), nullable=False, server_default=""),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("strength", sa.String(10), nullable=False, server_default=""),
        sa.Column("chance", sa.Float(), nullable=True),
        sa.Column("generation", sa.String(60), nullable=False, server_default=""),
        sa.Column("query", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name="pk_suggestion_signals"),
        _refers("suggestion_signals", "ticket_id", "tickets"),
        _refers("suggestion_signals", "user_id", "users"),
    )
    op.create_index("ix_suggestion_signals_kind_at", "suggestion_signals", ["kind", "at"])
    op.create_index(
        "ix_suggestion_signals_subject_id_at", "suggestion_signals", ["subject_id", "at"]
    )
    op.create_index("ix_suggestion_signals_ticket_id_id", "suggestion_signals", ["ticket_id", "id"])


def _refers(
    table: str, column: str, other: str, *, cascade: bool = False
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{other}.id"],
        name=f"fk_{table}_{column}_{other}",
        ondelete="CASCADE" if cascade else None,
    )
