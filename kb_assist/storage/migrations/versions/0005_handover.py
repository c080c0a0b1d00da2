"""Hand-overs, dossier templates and answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kb_assist.storage.types import Json, Key, UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    _dossier_templates()
    _dossier_answers()
    _handovers()
    _handover_faults()


def _dossier_templates() -> None:
    op.create_table(
        "dossier_templates",
        sa.Column("group_id", Key, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("items", Json, nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", name="pk_dossier_templates"),
        _refers("dossier_templates", "group_id", "groups", cascade=True),
    )


def _dossier_answers() -> None:
    op.create_table(
        "dossier_answers",
        sa.Column("ticket_id", Key, nullable=False),
        sa.Column("key", sa.String(60), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "key", name="pk_dossier_answers"),
        _refers("dossier_answers", "ticket_id", "tickets"),
    )


def _handovers() -> None:
    op.create_table(
        "handovers",
        sa.Column("id", Key, nullable=False),
        sa.Column("ticket_id", Key, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.Column("actor_id", Key, nullable=True),
        sa.Column("from_level", sa.String(2), nullable=False),
        sa.Column("from_group_id", Key, nullable=True),
        sa.Column("from_assignee_id", Key, nullable=True),
        sa.Column("to_level", sa.String(2), nullable=False),
        sa.Column("to_group_id", Key, nullable=False),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.Column("override_reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("completeness", sa.Integer(), nullable=False),
        sa.Column("dossier", Json, nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False, server_default="waiting"),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answered_by", sa.String(200), nullable=False, server_default=""),
        sa.Column("return_reason", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name="pk_handovers"),
        sa.UniqueConstraint("ticket_id", "number", name="uq_handovers_ticket_id_number"),
        sa.CheckConstraint(
            "outcome IN ('waiting', 'accepted', 'returned', 'withdrawn')",
            name=op.f("ck_handovers_outcome"),
        ),
        _refers("handovers", "actor_id", "users"),
        _refers("handovers", "from_assignee_id", "users"),
        _refers("handovers", "from_group_id", "groups"),
        _refers("handovers", "ticket_id", "tickets"),
        _refers("handovers", "to_group_id", "groups"),
    )
    op.create_index("ix_handovers_to_group_id", "handovers", ["to_group_id"])


def _handover_faults() -> None:
    op.create_table(
        "handover_faults",
        sa.Column("handover_id", Key, nullable=False),
        sa.Column("item_key", sa.String(60), nullable=False),
        sa.PrimaryKeyConstraint("handover_id", "item_key", name="pk_handover_faults"),
        _refers("handover_faults", "handover_id", "handovers"),
    )
    op.create_index("ix_handover_faults_item_key", "handover_faults", ["item_key"])


def _refers(
    table: str, column: str, other: str, *, cascade: bool = False
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{other}.id"],
        name=f"fk_{table}_{column}_{other}",
        ondelete="CASCADE" if cascade else None,
    )
