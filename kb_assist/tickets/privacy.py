"""Personal data of clients and old tickets: replaced, emptied, forgotten.

Tickets stay as figures (times, states, priorities, groups); what people wrote goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from kb_assist.contents import Contents
from kb_assist.guides import database_store as guide_sessions
from kb_assist.tickets import attachments_store, privacy_store, store
from kb_assist.tickets.audit import Happening, record
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.model import EventKind, Ticket
from kb_assist.tickets.records import store as records_store

# One transaction stays short.
BATCH = 200


@dataclass(frozen=True, slots=True)
class Erased:
    before: tuple[Ticket, ...]
    """The tickets as they were."""
    files: tuple[str, ...]
    """Hashes of contents that nothing refers to any more; remove them after the commit."""

    @property
    def tickets(self) -> int:
        return len(self.before)


def erase_old(desk: Desk, keep: timedelta) -> Erased:
    """Empty a batch of tickets that were closed longer than ``keep`` ago; call until none is left.

    The resolution stays with names and the like replaced: it is what others learn from.
    """
    ids = privacy_store.closed_before(desk.connection, desk.now - keep, BATCH)
    return _erase(desk, ids, keep_resolution=True)


def erase_client(desk: Desk, client_id: int) -> Erased:
    """Forget a person: the record, and every ticket of theirs whatever its state.

    Raises NotFoundError.
    """
    client = records_store.client(desk.connection, client_id)
    ids = privacy_store.tickets_of(desk.connection, client_id, client.email)
    erased = _erase(desk, ids, keep_resolution=False)
    privacy_store.erase_client(desk.connection, client_id, desk.now)
    return erased


def _erase(desk: Desk, ids: tuple[int, ...], *, keep_resolution: bool) -> Erased:
    files: set[str] = set()
    before: list[Ticket] = []
    for start in range(0, len(ids), BATCH):
        part = list(ids[start : start + BATCH])
        found = store.many(desk.connection, part)
        before += found.values()
        for key in part:
            privacy_store.empty_ticket(
                desk.connection, found[key], desk.now, keep_resolution=keep_resolution
            )
        privacy_store.empty_texts(desk.connection, part)
        guide_sessions.erase(desk.connection, part, desk.now)
        files |= set(attachments_store.erase(desk.connection, part))
        for key in part:
            record(desk, store.get(desk.connection, key), Happening(EventKind.ERASED))
    return Erased(tuple(before), tuple(sorted(files)))


def remove_files(connection: Connection, contents: Contents, hashes: tuple[str, ...]) -> None:
    """In a transaction after the commit: a file that is missed is worse than one too many.

    Somebody may have attached the same content meanwhile, so each is looked at again.
    """
    for digest in sorted(hashes):
        attachments_store.lock_content(connection, digest)
        if not attachments_store.is_used(connection, digest):
            contents.remove(digest)
