"""Tools with their probes, outages with their tickets, surges of tickets."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    text,
)

from kb_assist.storage.tables.metadata import metadata
from kb_assist.storage.types import CleanJson, CleanString, CleanText, Key, UtcDateTime

tools = Table(
    "tools",
    metadata,
    Column("id", Key, primary_key=True),
    Column("key", CleanString(60), nullable=False, unique=True),
    Column("definition", CleanJson, nullable=False),  # as the file says it
    Column("active", Boolean, nullable=False),  # False: no longer in the file, or switched off
    # "file" or "page": where it is changed
    Column("source", CleanString(10), nullable=False, server_default="file"),
    Column("health", CleanString(20), nullable=False, server_default="unknown"),
    Column("since", UtcDateTime, nullable=True),
    Column("checked_at", UtcDateTime, nullable=True),
    Column("detail", CleanString(300), nullable=False, server_default=""),
    Column("in_maintenance", Boolean, nullable=False, server_default="0"),
    Column("certificate_days", Integer, nullable=True),  # at the newest probe that looked
    # Taken by a conditional update, so that two rounds at a time do not probe a tool twice.
    Column("next_at", UtcDateTime, nullable=False),
    CheckConstraint("health IN ('unknown', 'up', 'unstable', 'down')", name="health"),
)

# Who changed which tool on the pages; append-only.
tool_events = Table(
    "tool_events",
    metadata,
    Column("id", Key, primary_key=True),
    Column("tool_id", Key, ForeignKey("tools.id"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_name", CleanString(200), nullable=False),
    Column("kind", CleanString(20), nullable=False),
    Column("definition", CleanJson, nullable=False),  # as it was from then on
)

# The newest days only; what is older is in tool_days.
probes = Table(
    "probes",
    metadata,
    Column("id", Key, primary_key=True),
    Column("tool_id", Key, ForeignKey("tools.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("ok", Boolean, nullable=False),
    Column("in_maintenance", Boolean, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("detail", CleanString(300), nullable=False),
    Index("ix_probes_tool_id_id", "tool_id", "id"),
)

tool_days = Table(
    "tool_days",
    metadata,
    Column("tool_id", Key, ForeignKey("tools.id"), primary_key=True),
    Column("day", Date, primary_key=True, index=True),
    Column("good", Integer, nullable=False),
    Column("bad", Integer, nullable=False),
    Column("maintenance", Integer, nullable=False),
)

outages = Table(
    "outages",
    metadata,
    Column("id", Key, primary_key=True),
    Column("tool_id", Key, ForeignKey("tools.id"), nullable=True, index=True),
    # The outage that is to blame; NULL: none other.
    Column("cause_id", Key, ForeignKey("outages.id"), nullable=True, index=True),
    Column("source", CleanString(60), nullable=False),  # "watch", "person" or who reported it
    Column("external_key", CleanString(200), nullable=True),
    # When it began as its source says, the newest time; NULL: it does not say.
    Column("external_since", UtcDateTime, nullable=True),
    Column("title", CleanString(300), nullable=False),
    # Empty: not written, or the title is German already.
    Column("title_de", CleanString(300), nullable=False, server_default=""),
    Column("progress", CleanString(20), nullable=False),
    Column("text_de", CleanText, nullable=False, server_default=""),
    Column("text_en", CleanText, nullable=False, server_default=""),
    Column("summary", CleanText, nullable=False, server_default=""),
    Column("ticket_id", Key, ForeignKey("tickets.id"), nullable=True),  # the parent of its tickets
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=True),
    CheckConstraint(
        "progress IN ('investigating', 'identified', 'monitoring', 'resolved')", name="progress"
    ),
    Index("ix_outages_ended_at", "ended_at", "id"),
    Index("ix_outages_source_external_key", "source", "external_key"),
)
# Whoever opens an outage looks first whether there is one; another may do so at the same time.
for _name, _columns, _where in (
    ("uq_outages_open_tool", ("tool_id",), "ended_at IS NULL AND source = 'watch'"),
    ("uq_outages_open_external_key", ("source", "external_key"), "ended_at IS NULL"),
):
    Index(
        _name,
        *(outages.c[column] for column in _columns),
        unique=True,
        sqlite_where=text(_where),
        postgresql_where=text(_where),
    )

outage_events = Table(
    "outage_events",
    metadata,
    Column("id", Key, primary_key=True),
    Column("outage_id", Key, ForeignKey("outages.id"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_name", CleanString(200), nullable=False),
    Column("kind", CleanString(20), nullable=False),
    Column("note", CleanText, nullable=False, server_default=""),
)

outage_tickets = Table(
    "outage_tickets",
    metadata,
    Column("outage_id", Key, ForeignKey("outages.id"), primary_key=True),
    Column("ticket_id", Key, ForeignKey("tickets.id"), primary_key=True, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_name", CleanString(200), nullable=False),
)

# Tickets that are like those of an open outage in meaning.
outage_likeness = Table(
    "outage_likeness",
    metadata,
    Column("outage_id", Key, ForeignKey("outages.id"), primary_key=True),
    Column("ticket_id", Key, ForeignKey("tickets.id"), primary_key=True, index=True),
    Column("cosine", Float, nullable=False),  # with the centre of the linked tickets
)

# The meaning of every new ticket, for looking for surges; old ones go.
ticket_arrivals = Table(
    "ticket_arrivals",
    metadata,
    Column("ticket_id", Key, ForeignKey("tickets.id"), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("language", CleanString(5), nullable=False),
    Column("model_key", CleanString(20), nullable=False),
    Column("vector", LargeBinary, nullable=False),  # float32, as the model gives it
    Index("ix_ticket_arrivals_model_key_at", "model_key", "at"),
)

surges = Table(
    "surges",
    metadata,
    Column("id", Key, primary_key=True),
    Column("title", CleanString(500), nullable=False),  # subject of its most typical ticket
    Column("stage", CleanString(20), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("usual", Float, nullable=False),  # tickets to be expected in the time it was found in
    Column("model_key", CleanString(20), nullable=False),
    Column("centre", LargeBinary, nullable=False),  # float32, around the mean of the language
    # Cosine with the centre from which a ticket belongs to it
    Column("level", Float, nullable=False, server_default="0.3"),
    Column("words", CleanString(200), nullable=False, server_default=""),  # what it is about
    Column("dismissed_at", UtcDateTime, nullable=True),
    Column("outage_id", Key, ForeignKey("outages.id"), nullable=True),
    CheckConstraint("stage IN ('emerging', 'active', 'quiet', 'resolved')", name="stage"),
    Index("ix_surges_stage", "stage", "id"),
)

surge_tickets = Table(
    "surge_tickets",
    metadata,
    Column("surge_id", Key, ForeignKey("surges.id"), primary_key=True),
    Column("ticket_id", Key, ForeignKey("tickets.id"), primary_key=True, index=True),
)
