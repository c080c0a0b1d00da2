"""Signing in by single sign-on: who an identity is here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from kb_assist.auth import store
from kb_assist.auth.model import EventKind, Role, User
from kb_assist.auth.sign_in import NotSignedIn, Refusal, SignedIn, begin_session
from kb_assist.text import normalise

_NOT_IN_LOGINS = re.compile(r"[^a-z0-9._@+-]+")
_MOST_NAMESAKES = 1_000


@dataclass(frozen=True, slots=True)
class Identity:
    """What a verified identity token says. ``issuer`` and ``subject`` together never change."""

    issuer: str
    subject: str
    login: str
    display_name: str
    email: str
    role: Role | None
    """None: the token says nothing about the role."""


def sign_in_external(
    connection: Connection, identity: Identity, *, default_role: Role | None, at: datetime
) -> SignedIn | NotSignedIn:
    """Find or create the account of an identity and begin its session.

    ``default_role`` None: identities without a role here are not admitted. An account made on
    this server is never taken over by an equal login or address.
    """
    user = store.user_by_subject(connection, identity.issuer, identity.subject)
    role = identity.role or default_role
    if user is None and role is None:
        return NotSignedIn(Refusal.WRONG)
    if user is None:
        assert role is not None
        user = _create(connection, identity, role, at=at)
    if not user.active:
        return NotSignedIn(Refusal.DISABLED)
    if identity.role is not None and identity.role is not user.role:
        user = _follow_role(connection, user, identity.role, at=at)
    return begin_session(connection, user, at=at, by="single sign-on")


def _create(connection: Connection, identity: Identity, role: Role, *, at: datetime) -> User:
    user_id = store.add_user(
        connection,
        login=_free_login(connection, identity.login),
        display_name=normalise(identity.display_name or identity.login)[:200],
        email=normalise(identity.email)[:320],
        role=role.value,
        issuer=identity.issuer,
        subject=identity.subject,
        created_at=at,
    )
    store.record(
        connection, EventKind.CREATED, user_id, at=at, role=role.value, by="single sign-on"
    )
    return _existing(connection, user_id)


def _follow_role(connection: Connection, user: User, role: Role, *, at: datetime) -> User:
    store.set_user(connection, user.id, role=role.value)
    store.record(
        connection,
        EventKind.CHANGED,
        user.id,
        at=at,
        before=user.role.value,
        after=role.value,
        by="single sign-on",
    )
    return _existing(connection, user.id)


def _free_login(connection: Connection, wanted: str) -> str:
    """The wanted login, or it with a number."""
    plain = _NOT_IN_LOGINS.sub(".", wanted.lower()).strip("._@+-")[:90] or "user"
    names = [plain, *(f"{plain}-{number}" for number in range(2, _MOST_NAMESAKES))]
    return next(name for name in names if store.user_by_login(connection, name) is None)


def _existing(connection: Connection, user_id: int) -> User:
    found = store.user(connection, user_id)
    assert found is not None  # written in this transaction
    return found
