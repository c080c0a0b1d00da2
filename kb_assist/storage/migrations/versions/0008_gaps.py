"""Gaps of the documentation, their tickets, corrected escalation labels."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kb_assist.storage.types import Json, Key, UtcDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    _gaps()
    _gap_tickets()
    _corrections()


def _gaps() -> None:
    op.create_table(
        "gaps",
        sa.Column("id", Key, nullable=False),
        sa.Column("state", sa.String(20), nullable=False, server_default="proposed"),
        sa.Column("facts", Json, nullable=False),
        sa.Column("title", sa.String(200), nullable=False, server_default=""),
        sa.Column("owner_id", Key, nullable=True),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("dismissed_until", sa.Date(), nullable=True),
        sa.Column("article_id", sa.String(200), nullable=False, server_default=""),
        sa.Column("proof", Json, nullable=True),
        sa.Column("found", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gaps"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_gaps_owner_id_users"),
        sa.CheckConstraint(
            "state IN ('proposed', 'accepted', 'in_work', 'published', 'verified', 'dismissed')",
            name=op.f("ck_gaps_state"),
        ),
    )
    op.create_index("ix_gaps_state", "gaps", ["state", "id"])


def _gap_tickets() -> None:
    op.create_table(
        "gap_tickets",
        sa.Column("gap_id", Key, nullable=False),
        sa.Column("ticket_id", Key, nullable=False),
        sa.PrimaryKeyConstraint("gap_id", "ticket_id", name="pk_gap_tickets"),
        sa.ForeignKeyConstraint(
            ["gap_id"], ["gaps.id"], name="fk_gap_tickets_gap_id_gaps", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_gap_tickets_ticket_id_tickets"
        ),
    )
    op.create_index("ix_gap_tickets_ticket_id", "gap_tickets", ["ticket_id"])


def _corrections() -> None:
    op.create_table(
        "escalation_corrections",
        sa.Column("ticket_id", Key, nullable=False),
        sa.Column("label", sa.String(20), nullable=False),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_escalation_corrections"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_escalation_corrections_ticket_id_tickets"
        ),
    )
