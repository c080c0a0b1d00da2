"""Sessions of signed-in people, kept in the database so that they can be ended."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, or_, select, update

from kb_assist.auth import store
from kb_assist.auth.model import User
from kb_assist.storage.tables.accounts import user_sessions

# The moment of the last request is kept this exactly, to spare a write per request.
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Lifetime:
    """``idle`` counts from the last request, ``total`` from signing in."""

    idle: timedelta
    total: timedelta


@dataclass(frozen=True, slots=True)
class Session:
    user: User
    seen_at: datetime


def start(connection: Connection, user_id: int, *, at: datetime) -> str:
    """A new session; returns the key for the cookie, which is kept only as a hash."""
    key = secrets.token_urlsafe(32)
    connection.execute(
        insert(user_sessions).values(
            key_hash=_hash(key), user_id=user_id, started_at=at, seen_at=at
        )
    )
    return key


def resume(connection: Connection, key: str, lifetime: Lifetime, *, at: datetime) -> Session | None:
    """The session of a cookie; None when it ended, expired or its owner was disabled."""
    query = select(user_sessions).where(user_sessions.c.key_hash == _hash(key))
    row = connection.execute(query).one_or_none()
    if row is None or at >= row.seen_at + lifetime.idle or at >= row.started_at + lifetime.total:
        return None
    user = store.user(connection, row.user_id)
    return Session(user, row.seen_at) if user is not None and user.active else None


def touch(connection: Connection, key: str, *, at: datetime) -> None:
    """Remember that the session was used; see ``TOUCH_EVERY``."""
    connection.execute(
        update(user_sessions).where(user_sessions.c.key_hash == _hash(key)).values(seen_at=at)
    )


def end(connection: Connection, key: str) -> None:
    connection.execute(delete(user_sessions).where(user_sessions.c.key_hash == _hash(key)))


def end_all(connection: Connection, user_id: int) -> None:
    connection.execute(delete(user_sessions).where(user_sessions.c.user_id == user_id))


def purge(connection: Connection, lifetime: Lifetime, *, at: datetime) -> None:
    """Delete what has expired; called at every sign-in, so nobody needs a timer for it."""
    connection.execute(
        delete(user_sessions).where(
            or_(
                user_sessions.c.seen_at <= at - lifetime.idle,
                user_sessions.c.started_at <= at - lifetime.total,
            )
        )
    )


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
