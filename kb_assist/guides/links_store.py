"""Links that open one session to a customer who does not sign in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from kb_assist.storage.tables.guides import guide_links

_l = guide_links.c
_ID_BYTES = 18
"""144 bits: nobody guesses one, even without the signature around it."""


@dataclass(frozen=True, slots=True)
class Link:
    id: str
    session: str
    expires_at: datetime


def make(
    connection: Connection, session: str, made_by: str, *, at: datetime, lasts: timedelta
) -> Link:
    """A new link; those made before are withdrawn, so that one can be taken back by a new one."""
    withdraw(connection, session, at=at)
    link = Link(secrets.token_urlsafe(_ID_BYTES), session, at + lasts)
    connection.execute(
        insert(guide_links).values(
            id=link.id,
            session_id=session,
            made_by=made_by,
            made_at=at,
            expires_at=link.expires_at,
        )
    )
    return link


def find(connection: Connection, link_id: str, *, at: datetime) -> Link | None:
    """None for a link that is unknown, withdrawn or expired."""
    return _first(connection, _l.id == link_id, at)


def valid_of(connection: Connection, session: str, *, at: datetime) -> Link | None:
    """The link of a session that works now."""
    return _first(connection, _l.session_id == session, at)


def _first(connection: Connection, which: object, at: datetime) -> Link | None:
    works = (_l.expires_at > at) & _l.withdrawn_at.is_(None)
    statement = select(_l.id, _l.session_id, _l.expires_at).where(which, works)  # type: ignore[arg-type]
    row = connection.execute(statement).first()
    return None if row is None else Link(*row)


def withdraw(connection: Connection, session: str, *, at: datetime) -> None:
    """From now on no link of this session works."""
    working = (_l.session_id == session) & _l.withdrawn_at.is_(None)
    connection.execute(update(guide_links).where(working).values(withdrawn_at=at))
