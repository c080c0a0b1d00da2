"""Personal API tokens: made, shown once, checked, revoked."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from kb_assist.auth import store
from kb_assist.auth.model import ApiToken, EventKind, Scope, User
from kb_assist.auth.roles import scopes_for
from kb_assist.storage.tables.accounts import api_tokens
from kb_assist.text import normalise

# Recognised by people and by scanners that look for leaked secrets.
PREFIX = "kba_"
LONGEST_DAYS = 366
_HINT_CHARACTERS = 8
_NAME_CHARACTERS = 100
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class TokenRequest:
    name: str
    scopes: frozenset[Scope]
    days: int


@dataclass(frozen=True, slots=True)
class NewToken:
    """``secret`` exists only here: 256 random bits, of which the database keeps a hash."""

    token: ApiToken
    secret: str


@dataclass(frozen=True, slots=True)
class TokenUse:
    user: User
    token: ApiToken


def create(
    connection: Connection, user: User, wanted: TokenRequest, *, at: datetime
) -> NewToken | None:
    """None unless there is a name, a lifetime of 1 to 366 days and a scope the role can use."""
    usable = wanted.scopes & frozenset(scopes_for(user.role))
    name = normalise(wanted.name).strip()[:_NAME_CHARACTERS]
    if not usable or not name or not 1 <= wanted.days <= LONGEST_DAYS:
        return None
    secret = PREFIX + secrets.token_urlsafe(32)
    row = connection.execute(
        insert(api_tokens)
        .values(
            user_id=user.id,
            name=name,
            token_hash=_hash(secret),
            hint=secret[:_HINT_CHARACTERS],
            scopes=sorted(usable),
            created_at=at,
            expires_at=at + timedelta(days=wanted.days),
        )
        .returning(api_tokens)
    ).one()
    store.record(
        connection, EventKind.TOKEN_CREATED, user.id, at=at, actor_id=user.id, token=row.id
    )
    return NewToken(_token(row), secret)


def use(connection: Connection, secret: str, *, at: datetime) -> TokenUse | None:
    """Whose token this is; None when it is unknown, expired, revoked or its owner disabled."""
    if not secret.startswith(PREFIX):
        return None
    query = select(api_tokens).where(
        api_tokens.c.token_hash == _hash(secret),
        api_tokens.c.revoked_at.is_(None),
        api_tokens.c.expires_at > at,
    )
    row = connection.execute(query).one_or_none()
    user = None if row is None else store.user(connection, row.user_id)
    if row is None or user is None or not user.active:
        return None
    return TokenUse(user, _token(row))


def touch(connection: Connection, token_id: int, *, at: datetime) -> None:
    """Remember the last use; callers do so at most every ``TOUCH_EVERY``."""
    connection.execute(
        update(api_tokens).where(api_tokens.c.id == token_id).values(last_used_at=at)
    )


def of_user(connection: Connection, user_id: int) -> list[ApiToken]:
    """The tokens that are not revoked, newest first; expired ones are among them."""
    query = (
        select(api_tokens)
        .where(api_tokens.c.user_id == user_id, api_tokens.c.revoked_at.is_(None))
        .order_by(api_tokens.c.id.desc())
    )
    return [_token(row) for row in connection.execute(query)]


def revoke(connection: Connection, user: User, token_id: int, *, at: datetime) -> bool:
    """False when this person has no such token, or has revoked it before."""
    changed = connection.execute(
        update(api_tokens)
        .where(
            api_tokens.c.id == token_id,
            api_tokens.c.user_id == user.id,
            api_tokens.c.revoked_at.is_(None),
        )
        .values(revoked_at=at)
    ).rowcount
    if changed:
        store.record(
            connection, EventKind.TOKEN_REVOKED, user.id, at=at, actor_id=user.id, token=token_id
        )
    return bool(changed)


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        id=row.id,
        user_id=row.user_id,
        name=row.name,
        hint=row.hint,
        scopes=frozenset(Scope(each) for each in row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )


def _hash(secret: str) -> str:
    # No salt and no slow hash are needed for 256 random bits.
    return hashlib.sha256(secret.encode()).hexdigest()
