"""What people do about gaps: events, tickets put by hand, merged gaps, when an article came out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kb_assist.storage.types import Json, Key, UtcDateTime

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("gaps", sa.Column("published_at", UtcDateTime(), nullable=True))
    _pins()
    _merges()
    _events()


def _pins() -> None:
    op.create_table(
        "gap_pins",
        sa.Column("ticket_id", Key, nullable=False),
        sa.Column("gap_id", Key, nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_gap_pins"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_gap_pins_ticket_id_tickets"
        ),
        sa.ForeignKeyConstraint(
            ["gap_id"], ["gaps.id"], name="fk_gap_pins_gap_id_gaps", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_gap_pins_gap_id", "gap_pins", ["gap_id"])


def _merges() -> None:
    op.create_table(
        "gap_merges",
        sa.Column("gap_id", Key, nullable=False),
        sa.Column("into_id", Key, nullable=False),
        sa.PrimaryKeyConstraint("gap_id", name="pk_gap_merges"),
        sa.ForeignKeyConstraint(
            ["gap_id"], ["gaps.id"], name="fk_gap_merges_gap_id_gaps", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["into_id"], ["gaps.id"], name="fk_gap_merges_into_id_gaps", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_gap_merges_into_id", "gap_merges", ["into_id"])


def _events() -> None:
    op.create_table(
        "gap_events",
        sa.Column("id", Key, nullable=False),
        sa.Column("gap_id", Key, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.Column("actor_id", Key, nullable=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.Column("facts", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gap_events"),
        sa.ForeignKeyConstraint(
            ["gap_id"], ["gaps.id"], name="fk_gap_events_gap_id_gaps", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name="fk_gap_events_actor_id_users"),
    )
    op.create_index("ix_gap_events_gap_id_id", "gap_events", ["gap_id", "id"])
    op.create_index("ix_gap_events_at", "gap_events", ["at", "id"])
