"""Tickets, their comments, links, attachments and audit."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from kb_assist.storage.append_only import append_only
from kb_assist.storage.full_text import creation
from kb_assist.storage.types import Json, Key, UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _tickets()
    _ticket_comments()
    _ticket_events()
    _ticket_event_texts()
    _ticket_pauses()
    _ticket_relations()
    _ticket_cis()
    _ticket_articles()
    _attachments()
    _saved_filters()
    _ticket_vectors()
    dialect = op.get_bind().dialect.name
    for statement in (*append_only("ticket_events", dialect), *creation(dialect)):
        op.execute(statement)


def _tickets() -> None:
    op.create_table(
        "tickets",
        *_what_it_is(),
        *_how_it_goes(),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
        sa.UniqueConstraint("source", "external_id", name="uq_tickets_source_external_id"),
        sa.CheckConstraint("level IN ('l1', 'l2', 'l3')", name=op.f("ck_tickets_level")),
        sa.CheckConstraint(
            "state IN ('new', 'assigned', 'in_progress', 'pending', 'escalated', 'resolved',"
            " 'closed')",
            name=op.f("ck_tickets_state"),
        ),
        sa.CheckConstraint("priority BETWEEN 1 AND 5", name=op.f("ck_tickets_priority")),
        _refers("tickets", "assignee_id", "users"),
        _refers("tickets", "client_id", "clients"),
        _refers("tickets", "group_id", "groups"),
    )
    _ticket_indexes()


def _what_it_is() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("id", Key, nullable=False),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("external_id", sa.String(200), nullable=True),
        sa.Column("subject", sa.String(500), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("language", sa.String(5), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("pending_reason", sa.String(20), nullable=True),
        sa.Column("level", sa.String(2), nullable=False),
        sa.Column("impact", sa.Integer(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("group_id", Key, nullable=True),
        sa.Column("assignee_id", Key, nullable=True),
        sa.Column("client_id", Key, nullable=True),
        sa.Column("requester_name", sa.String(200), nullable=False, server_default=""),
        sa.Column("requester_email", sa.String(320), nullable=False, server_default=""),
        sa.Column("product", sa.String(200), nullable=False, server_default=""),
    )


def _how_it_goes() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("resolution_code", sa.String(30), nullable=True),
        sa.Column("resolution_text", sa.Text(), nullable=False, server_default=""),
        sa.Column("reopened", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("first_response_at", UtcDateTime(), nullable=True),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("response_due", UtcDateTime(), nullable=True),
        sa.Column("resolution_due", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("next_due", UtcDateTime(), nullable=False),
        sa.Column("soon_from", UtcDateTime(), nullable=False),
        sa.Column("erased_at", UtcDateTime(), nullable=True),
    )


def _ticket_indexes() -> None:
    op.create_index("ix_tickets_client_id", "tickets", ["client_id", "created_at"])
    op.create_index("ix_tickets_created_at", "tickets", ["created_at", "id"])
    op.create_index(
        "ix_tickets_is_open_assignee_id", "tickets", ["is_open", "assignee_id", "next_due", "id"]
    )
    op.create_index(
        "ix_tickets_is_open_group_id", "tickets", ["is_open", "group_id", "next_due", "id"]
    )
    op.create_index("ix_tickets_is_open_next_due", "tickets", ["is_open", "next_due", "id"])
    op.create_index("ix_tickets_next_due", "tickets", ["next_due", "id"])
    op.create_index("ix_tickets_priority", "tickets", ["priority", "next_due", "id"])
    op.create_index("ix_tickets_state_updated_at", "tickets", ["state", "updated_at", "id"])
    op.create_index("ix_tickets_updated_at", "tickets", ["updated_at", "id"])


def _ticket_comments() -> None:
    op.create_table(
        "ticket_comments",
        sa.Column("id", Key, nullable=False),
        sa.Column("ticket_id", Key, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("actor_kind", sa.String(20), nullable=False),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.Column("actor_id", Key, nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("external_id", sa.String(300), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_comments"),
        sa.UniqueConstraint(
            "ticket_id",
            "source",
            "external_id",
            name="uq_ticket_comments_ticket_id_source_external_id",
        ),
        sa.CheckConstraint(
            "kind IN ('requester', 'agent', 'internal')", name=op.f("ck_ticket_comments_kind")
        ),
        _refers("ticket_comments", "actor_id", "users"),
        _refers("ticket_comments", "ticket_id", "tickets"),
    )
    op.create_index(
        "ix_ticket_comments_source_external_id", "ticket_comments", ["source", "external_id"]
    )
    op.create_index("ix_ticket_comments_ticket_id_at", "ticket_comments", ["ticket_id", "at"])


def _ticket_events() -> None:
    op.create_table(
        "ticket_events",
        sa.Column("id", Key, nullable=False),
        sa.Column("ticket_id", Key, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_kind", sa.String(20), nullable=False),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.Column("actor_id", Key, nullable=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("before", Json, nullable=False),
        sa.Column("after", Json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_events"),
        _refers("ticket_events", "actor_id", "users"),
        _refers("ticket_events", "ticket_id", "tickets"),
    )
    op.create_index("ix_ticket_events_kind_at", "ticket_events", ["kind", "at"])
    op.create_index("ix_ticket_events_ticket_id_id", "ticket_events", ["ticket_id", "id"])


def _ticket_event_texts() -> None:
    op.create_table(
        "ticket_event_texts",
        sa.Column("event_id", Key, nullable=False),
        sa.Column("field", sa.String(40), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "field", name="pk_ticket_event_texts"),
        _refers("ticket_event_texts", "event_id", "ticket_events"),
    )


def _ticket_pauses() -> None:
    op.create_table(
        "ticket_pauses",
        sa.Column("id", Key, nullable=False),
        sa.Column("ticket_id", Key, nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_pauses"),
        _refers("ticket_pauses", "ticket_id", "tickets"),
    )
    op.create_index("ix_ticket_pauses_ticket_id", "ticket_pauses", ["ticket_id"])


def _ticket_relations() -> None:
    op.create_table(
        "ticket_relations",
        sa.Column("from_id", Key, nullable=False),
        sa.Column("relation", sa.String(20), nullable=False),
        sa.Column("to_id", Key, nullable=False),
        sa.PrimaryKeyConstraint("from_id", "relation", "to_id", name="pk_ticket_relations"),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_ticket_relations_other")),
        sa.CheckConstraint(
            "relation IN ('child_of', 'duplicate_of', 'depends_on')",
            name=op.f("ck_ticket_relations_relation"),
        ),
        _refers("ticket_relations", "from_id", "tickets"),
        _refers("ticket_relations", "to_id", "tickets"),
    )
    op.create_index("ix_ticket_relations_to_id", "ticket_relations", ["to_id"])


def _ticket_cis() -> None:
    op.create_table(
        "ticket_cis",
        sa.Column("ticket_id", Key, nullable=False),
        sa.Column("ci_id", Key, nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "ci_id", name="pk_ticket_cis"),
        sa.CheckConstraint("role IN ('primary', 'affected')", name=op.f("ck_ticket_cis_role")),
        _refers("ticket_cis", "ci_id", "cis"),
        _refers("ticket_cis", "ticket_id", "tickets"),
    )
    op.create_index("ix_ticket_cis_ci_id", "ticket_cis", ["ci_id"])


def _ticket_articles() -> None:
    op.create_table(
        "ticket_articles",
        sa.Column("ticket_id", Key, nullable=False),
        sa.Column("article_id", sa.String(200), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("passage", sa.String(200), nullable=False, server_default=""),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "article_id", name="pk_ticket_articles"),
        sa.CheckConstraint(
            "role IN ('linked', 'tried', 'solved')", name=op.f("ck_ticket_articles_role")
        ),
        _refers("ticket_articles", "ticket_id", "tickets"),
    )
    op.create_index("ix_ticket_articles_article_id_at", "ticket_articles", ["article_id", "at"])


def _attachments() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", Key, nullable=False),
        sa.Column("ticket_id", Key, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attachments"),
        _refers("attachments", "ticket_id", "tickets"),
    )
    op.create_index("ix_attachments_sha256", "attachments", ["sha256"])
    op.create_index("ix_attachments_ticket_id", "attachments", ["ticket_id"])


def _saved_filters() -> None:
    op.create_table(
        "saved_filters",
        sa.Column("id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("query", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_filters"),
        sa.UniqueConstraint("user_id", "name", name="uq_saved_filters_user_id_name"),
        _refers("saved_filters", "user_id", "users", cascade=True),
    )


def _ticket_vectors() -> None:
    op.create_table(
        "ticket_vectors",
        sa.Column("id", Key, nullable=False),
        sa.Column("ticket_id", Key, nullable=False),
        sa.Column("model_key", sa.String(20), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_vectors"),
        sa.UniqueConstraint("ticket_id", name="uq_ticket_vectors_ticket_id"),
        _refers("ticket_vectors", "ticket_id", "tickets"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ticket_vectors_model_key", "ticket_vectors", ["model_key", "id"])


def _refers(
    table: str, column: str, other: str, *, cascade: bool = False
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{other}.id"],
        name=f"fk_{table}_{column}_{other}",
        ondelete="CASCADE" if cascade else None,
    )
