"""Tools, their probes, outages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kb_assist.storage.types import Json, Key, UtcDateTime

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    _tools()
    _probes()
    _outages()
    _belonging()


def _tools() -> None:
    op.create_table(
        "tools",
        sa.Column("id", Key, nullable=False),
        sa.Column("key", sa.String(60), nullable=False),
        sa.Column("definition", Json, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("health", sa.String(20), nullable=False, server_default="unknown"),
        sa.Column("since", UtcDateTime(), nullable=True),
        sa.Column("checked_at", UtcDateTime(), nullable=True),
        sa.Column("detail", sa.String(300), nullable=False, server_default=""),
        sa.Column("in_maintenance", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tools"),
        sa.UniqueConstraint("key", name="uq_tools_key"),
        sa.CheckConstraint(
            "health IN ('unknown', 'up', 'unstable', 'down')", name=op.f("ck_tools_health")
        ),
    )


def _probes() -> None:
    op.create_table(
        "probes",
        sa.Column("id", Key, nullable=False),
        sa.Column("tool_id", Key, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("in_maintenance", sa.Boolean(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("detail", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_probes"),
        _refers("probes", "tool_id", "tools"),
    )
    op.create_index("ix_probes_at", "probes", ["at"])
    op.create_index("ix_probes_tool_id_id", "probes", ["tool_id", "id"])
    op.create_table(
        "tool_days",
        sa.Column("tool_id", Key, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("maintenance", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tool_id", "day", name="pk_tool_days"),
        _refers("tool_days", "tool_id", "tools"),
    )
    op.create_index("ix_tool_days_day", "tool_days", ["day"])


def _outages() -> None:
    op.create_table(
        "outages",
        sa.Column("id", Key, nullable=False),
        sa.Column("tool_id", Key, nullable=True),
        sa.Column("cause_id", Key, nullable=True),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("external_key", sa.String(200), nullable=True),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("progress", sa.String(20), nullable=False),
        sa.Column("text_de", sa.Text(), nullable=False, server_default=""),
        sa.Column("text_en", sa.Text(), nullable=False, server_default=""),
        sa.Column("summary", sa.Text(), nullable=False, server_default=""),
        sa.Column("ticket_id", Key, nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outages"),
        sa.CheckConstraint(
            "progress IN ('investigating', 'identified', 'monitoring', 'resolved')",
            name=op.f("ck_outages_progress"),
        ),
        _refers("outages", "tool_id", "tools"),
        _refers("outages", "cause_id", "outages"),
        _refers("outages", "ticket_id", "tickets"),
    )
    op.create_index("ix_outages_tool_id", "outages", ["tool_id"])
    op.create_index("ix_outages_cause_id", "outages", ["cause_id"])
    op.create_index("ix_outages_ended_at", "outages", ["ended_at", "id"])
    op.create_index("ix_outages_source_external_key", "outages", ["source", "external_key"])


def _belonging() -> None:
    op.create_table(
        "outage_events",
        sa.Column("id", Key, nullable=False),
        sa.Column("outage_id", Key, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name="pk_outage_events"),
        _refers("outage_events", "outage_id", "outages"),
    )
    op.create_index("ix_outage_events_outage_id", "outage_events", ["outage_id"])
    op.create_table(
        "outage_tickets",
        sa.Column("outage_id", Key, nullable=False),
        sa.Column("ticket_id", Key, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("outage_id", "ticket_id", name="pk_outage_tickets"),
        _refers("outage_tickets", "outage_id", "outages"),
        _refers("outage_tickets", "ticket_id", "tickets"),
    )
    op.create_index("ix_outage_tickets_ticket_id", "outage_tickets", ["ticket_id"])


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")
