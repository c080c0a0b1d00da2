"""Signing in by password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from kb_assist.auth import lockout, sessions, store
from kb_assist.auth.model import EventKind, User
from kb_assist.auth.passwords import Passwords
from kb_assist.storage.db import Database
from kb_assist.text import normalise

_LONGEST_LOGIN = 100


class Refusal(StrEnum):
    WRONG = "wrong"
    """Unknown login or wrong password; which of the two is not told."""
    LOCKED = "locked"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """``key`` goes into the cookie and nowhere else."""

    user: User
    key: str


@dataclass(frozen=True, slots=True)
class NotSignedIn:
    reason: Refusal
    until: datetime | None = None
    """End of a lock."""


def sign_in(
    database: Database,
    passwords: Passwords,
    *,
    login: str,
    password: str,
    at: datetime,
) -> SignedIn | NotSignedIn:
    """Check a password; takes as long for a login that nobody has.

    Hashing takes longer than a write may, so it happens between two transactions.
    """
    login = normalise(login).strip().lower()[:_LONGEST_LOGIN]
    with database.read() as connection:
        until = lockout.locked_until(connection, login, at=at)
        known = store.credentials(connection, login)
    if until is not None:
        # Without a look at the password: a lock that tells right from wrong is none.
        return NotSignedIn(Refusal.LOCKED, until)
    stored = known.password_hash if known else None
    matches = passwords.matches(stored, password)
    if known is None or not matches:
        with database.write() as connection:
            return _failed(connection, login, known.user_id if known else None, at=at)
    fresh = passwords.hash(password) if passwords.outdated(stored or "") else None
    with database.write() as connection:
        return _admitted(connection, known.user_id, fresh, at=at)


def begin_session(connection: Connection, user: User, *, at: datetime, by: str) -> SignedIn:
    """What every way of signing in ends with. ``by`` names the way in the log."""
    key = sessions.start(connection, user.id, at=at)
    lockout.forgive(connection, user.login)
    store.set_user(connection, user.id, last_sign_in_at=at)
    store.record(connection, EventKind.SIGNED_IN, user.id, at=at, actor_id=user.id, by=by)
    return SignedIn(user, key)


def sign_out(connection: Connection, user: User, key: str, *, at: datetime) -> None:
    sessions.end(connection, key)
    store.record(connection, EventKind.SIGNED_OUT, user.id, at=at, actor_id=user.id)


def _failed(
    connection: Connection, login: str, user_id: int | None, *, at: datetime
) -> NotSignedIn:
    until = lockout.count_failure(connection, login, at=at)
    if user_id is not None:
        # What was typed for an unknown login may be a password, so it is not logged.
        kind = EventKind.SIGN_IN_FAILED if until is None else EventKind.LOCKED
        store.record(connection, kind, user_id, at=at)
    return NotSignedIn(Refusal.WRONG if until is None else Refusal.LOCKED, until)


def _admitted(
    connection: Connection, user_id: int, fresh_hash: str | None, *, at: datetime
) -> SignedIn | NotSignedIn:
    user = store.user(connection, user_id)
    if user is None or not user.active:
        return NotSignedIn(Refusal.DISABLED)
    if fresh_hash is not None:
        store.set_user(connection, user_id, password_hash=fresh_hash)
    return begin_session(connection, user, at=at, by="password")
