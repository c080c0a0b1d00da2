"""The meaning of new tickets, surges of tickets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kb_assist.storage.types import Key, UtcDateTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "ticket_arrivals",
        sa.Column("ticket_id", Key, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("language", sa.String(5), nullable=False),
        sa.Column("model_key", sa.String(20), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_ticket_arrivals"),
        _refers("ticket_arrivals", "ticket_id", "tickets"),
    )
    op.create_index("ix_ticket_arrivals_model_key_at", "ticket_arrivals", ["model_key", "at"])
    _surges()


def _surges() -> None:
    op.create_table(
        "surges",
        sa.Column("id", Key, nullable=False),
        sa.Column("title", sa.String(500), nullable=False),
        sa.Column("stage", sa.String(20), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("usual", sa.Float(), nullable=False),
        sa.Column("model_key", sa.String(20), nullable=False),
        sa.Column("centre", sa.LargeBinary(), nullable=False),
        sa.Column("dismissed_at", UtcDateTime(), nullable=True),
        sa.Column("outage_id", Key, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_surges"),
        sa.CheckConstraint(
            "stage IN ('emerging', 'active', 'quiet', 'resolved')", name=op.f("ck_surges_stage")
        ),
        _refers("surges", "outage_id", "outages"),
    )
    op.create_index("ix_surges_stage", "surges", ["stage", "id"])
    op.create_table(
        "surge_tickets",
        sa.Column("surge_id", Key, nullable=False),
        sa.Column("ticket_id", Key, nullable=False),
        sa.PrimaryKeyConstraint("surge_id", "ticket_id", name="pk_surge_tickets"),
        _refers("surge_tickets", "surge_id", "surges"),
        _refers("surge_tickets", "ticket_id", "tickets"),
    )
    op.create_index("ix_surge_tickets_ticket_id", "surge_tickets", ["ticket_id"])


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")
