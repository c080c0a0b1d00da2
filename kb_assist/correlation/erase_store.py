"""The statements that take the words of erased tickets out of what is said of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, delete, or_, select, update

from kb_assist.storage.tables.checklist import checklist_ticks
from kb_assist.storage.tables.handover import handovers
from kb_assist.storage.tables.monitoring import outages, surge_tickets, surges
from kb_assist.storage.tables.outbox import outbox
from kb_assist.storage.tables.tickets import (
    ticket_comments,
    ticket_event_texts,
    ticket_events,
    ticket_vectors,
    tickets,
)
from kb_assist.tickets.privacy_store import ERASED

# Where the title of an outage is repeated, by the column of the ticket.
_REPEATED: Sequence[tuple[Table, Column[Any], tuple[str, ...]]] = (
    (tickets, tickets.c.id, ("subject", "body", "resolution_text")),
    (ticket_comments, ticket_comments.c.ticket_id, ("body",)),
    (handovers, handovers.c.ticket_id, ("dossier",)),
    (outbox, outbox.c.ticket_id, ("payload",)),
)
_QUOTES = (("“", "”"), ("„", "“"))


def surges_telling_of(
    connection: Connection, ticket_ids: Sequence[int], titles: Sequence[str]
) -> tuple[int, ...]:
    """Ids of surges that hold one of the tickets, or are called after one or after nothing."""
    member = select(surge_tickets.c.surge_id).where(surge_tickets.c.ticket_id.in_(ticket_ids))
    called = surges.c.title.in_([*titles, ERASED])
    statement = select(surges.c.id).where(or_(surges.c.id.in_(member), called))
    return tuple(int(row[0]) for row in connection.execute(statement.order_by(surges.c.id)))


def outages_called(connection: Connection, title: str) -> tuple[int, ...]:
    """Ids of outages with this title in either language."""
    called = or_(outages.c.title == title, outages.c.title_de == title)
    found = connection.execute(select(outages.c.id).where(called).order_by(outages.c.id))
    return tuple(int(row[0]) for row in found)


def change_ticks(connection: Connection, key: str, words: Mapping[str, str]) -> tuple[int, ...]:
    """Titles in the morning checklists of a line; ids of the tickets that were made of it."""
    _reword(connection, checklist_ticks, checklist_ticks.c.key == key, (("title",), words))
    made = select(checklist_ticks.c.ticket_id).where(
        checklist_ticks.c.key == key, checklist_ticks.c.ticket_id.is_not(None)
    )
    return tuple(int(row[0]) for row in connection.execute(made))


def change_tickets(
    connection: Connection, ticket_ids: Sequence[int], words: Mapping[str, Mapping[str, str]]
) -> None:
    """Where kb-assist itself repeated a title; ``words``: by language, the new ones by the old.

    The words for the search are left to the caller.
    """
    spoken = select(tickets.c.id, tickets.c.language).where(tickets.c.id.in_(ticket_ids))
    for row in connection.execute(spoken).all():
        own = words["de" if row.language == "de" else "en"]
        for table, column, names in _REPEATED:
            _reword(connection, table, column == row.id, (names, own))
        events = select(ticket_events.c.id).where(ticket_events.c.ticket_id == row.id)
        texts = ticket_event_texts.c.event_id.in_(events)
        _reword(connection, ticket_event_texts, texts, (("before", "after"), own))
    # They are encoded anew.
    connection.execute(delete(ticket_vectors).where(ticket_vectors.c.ticket_id.in_(ticket_ids)))


def _reword(
    connection: Connection,
    table: Table,
    where: ColumnElement[bool],
    said: tuple[Sequence[str], Mapping[str, str]],
) -> None:
    """``said``: columns, and their words by those before."""
    names, words = said
    keys = list(table.primary_key.columns)
    for row in connection.execute(select(table).where(where)).mappings().all():
        values = {name: _reworded(row[name], words) for name in names}
        if any(values[name] != row[name] for name in names):
            this = and_(*(key == row[key.name] for key in keys))
            connection.execute(update(table).where(this).values(values))


def _reworded(value: Any, words: Mapping[str, str]) -> Any:
    """Whole paragraphs, and what stands in quotation marks: a title may be a usual word."""
    if isinstance(value, Mapping):
        return {key: _reworded(one, words) for key, one in value.items()}
    if isinstance(value, list):
        return [_reworded(one, words) for one in value]
    if not isinstance(value, str):
        return value
    value = "\n\n".join(words.get(part, part) for part in value.split("\n\n"))
    for (old, new), (left, right) in product(words.items(), _QUOTES):
        value = value.replace(f"{left}{old}{right}", f"{left}{new}{right}")
    return value
