"""Guide sessions, their events, links for customers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kb_assist.storage.append_only import append_only
from kb_assist.storage.types import Json, Key, UtcDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    _bundles()
    _sessions()
    _events()
    _event_texts()
    _links()
    for statement in append_only("guide_events", op.get_bind().dialect.name):
        op.execute(statement)


def _bundles() -> None:
    op.create_table(
        "guide_bundles",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_guide_bundles"),
    )


def _sessions() -> None:
    op.create_table(
        "guide_sessions",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("guide", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ticket_id", Key, nullable=True),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False, server_default=""),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("abandoned_at", UtcDateTime(), nullable=True),
        sa.Column("erased_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_guide_sessions"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_guide_sessions_ticket_id_tickets"
        ),
    )
    for name, columns in (
        ("ticket_id", ["ticket_id", "started_at"]),
        ("guide", ["guide", "started_at"]),
        ("owner", ["owner", "is_open", "last_at"]),
        ("is_open", ["is_open", "last_at"]),
    ):
        op.create_index(f"ix_guide_sessions_{name}", "guide_sessions", columns)


def _events() -> None:
    op.create_table(
        "guide_events",
        sa.Column("session_id", sa.String(40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("type", sa.String(20), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "seq", name="pk_guide_events"),
        _of_session("guide_events"),
    )


def _event_texts() -> None:
    op.create_table(
        "guide_event_texts",
        sa.Column("session_id", sa.String(40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("texts", Json, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "seq", name="pk_guide_event_texts"),
        sa.ForeignKeyConstraint(
            ["session_id", "seq"],
            ["guide_events.session_id", "guide_events.seq"],
            name="fk_guide_event_texts_session_id_seq_guide_events",
        ),
    )


def _links() -> None:
    op.create_table(
        "guide_links",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("session_id", sa.String(40), nullable=False),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_guide_links"),
        _of_session("guide_links"),
    )
    op.create_index("ix_guide_links_session_id", "guide_links", ["session_id"])


def _of_session(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["session_id"], ["guide_sessions.id"], name=f"fk_{table}_session_id_guide_sessions"
    )
