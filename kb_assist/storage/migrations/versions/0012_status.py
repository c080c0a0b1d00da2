"""One open outage per tool, how near a surge's tickets are, tools of the pages, the checklist."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kb_assist.storage.append_only import append_only
from kb_assist.storage.types import Json, Key, UtcDateTime

revision = "0012"
down_revision = "0011"

# Two rounds at a time could open the same outage; the first of them stays open.
_DUPLICATES = """\
UPDATE outages SET ended_at = started_at, progress = 'resolved'
WHERE ended_at IS NULL AND EXISTS (
    SELECT 1 FROM outages AS older
    WHERE older.ended_at IS NULL AND older.id < outages.id AND {same})"""
_SAME_TOOL = (
    "older.source = 'watch' AND outages.source = 'watch' AND older.tool_id = outages.tool_id"
)
_SAME_KEY = "older.source = outages.source AND older.external_key = outages.external_key"


def upgrade() -> None:
    op.add_column(
        "surges", sa.Column("level", sa.Float(), nullable=False, server_default=sa.text("0.3"))
    )
    op.add_column("surges", sa.Column("words", sa.String(200), nullable=False, server_default=""))
    op.add_column(
        "tools", sa.Column("source", sa.String(10), nullable=False, server_default="file")
    )
    op.add_column("tools", sa.Column("certificate_days", sa.Integer(), nullable=True))
    for same in (_SAME_TOOL, _SAME_KEY):
        op.execute(_DUPLICATES.format(same=same))
    _unique("uq_outages_open_tool", ["tool_id"], "ended_at IS NULL AND source = 'watch'")
    _unique("uq_outages_open_external_key", ["source", "external_key"], "ended_at IS NULL")
    _likeness()
    _tool_events()
    _checklist()


def _unique(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        name,
        "outages",
        columns,
        unique=True,
        sqlite_where=condition,
        postgresql_where=condition,
    )


def _likeness() -> None:
    op.create_table(
        "outage_likeness",
        sa.Column("outage_id", Key, nullable=False),
        sa.Column("ticket_id", Key, nullable=False),
        sa.Column("cosine", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("outage_id", "ticket_id", name="pk_outage_likeness"),
        _refers("outage_likeness", "outage_id", "outages"),
        _refers("outage_likeness", "ticket_id", "tickets"),
    )
    op.create_index("ix_outage_likeness_ticket_id", "outage_likeness", ["ticket_id"])


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")


def _tool_events() -> None:
    op.create_table(
        "tool_events",
        sa.Column("id", Key, nullable=False),
        sa.Column("tool_id", Key, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("definition", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tool_events"),
        _refers("tool_events", "tool_id", "tools"),
    )
    op.create_index("ix_tool_events_tool_id", "tool_events", ["tool_id"])
    for statement in append_only("tool_events", op.get_bind().dialect.name):
        op.execute(statement)


def _checklist() -> None:
    op.create_table(
        "checklist_items",
        sa.Column("id", Key, nullable=False),
        sa.Column("text_de", sa.String(300), nullable=False),
        sa.Column("text_en", sa.String(300), nullable=False),
        sa.Column("group", sa.String(200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_checklist_items"),
    )
    op.create_table(
        "checklist_ticks",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("group", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.Column("ticket_id", Key, nullable=True),
        sa.PrimaryKeyConstraint("day", "key", name="pk_checklist_ticks"),
        _refers("checklist_ticks", "ticket_id", "tickets"),
    )
