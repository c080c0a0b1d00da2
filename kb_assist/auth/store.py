"""The only queries on users, groups and the log of accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from kb_assist.auth.model import AccountEvent, EventKind, Group, Role, SupportLevel, User
from kb_assist.storage.tables.accounts import account_events, group_members, groups, users


@dataclass(frozen=True, slots=True)
class Credentials:
    """What signing in by password needs to know."""

    user_id: int
    password_hash: str | None


def add_user(connection: Connection, **values: Any) -> int:
    """Insert a row of ``users``; returns its id."""
    return int(connection.execute(insert(users).values(values).returning(users.c.id)).scalar_one())


def set_user(connection: Connection, user_id: int, **values: Any) -> None:
    connection.execute(update(users).where(users.c.id == user_id).values(values))


def user(connection: Connection, user_id: int) -> User | None:
    row = connection.execute(select(users).where(users.c.id == user_id)).one_or_none()
    return None if row is None else _user(row, _groups_of(connection, [user_id]).get(user_id, ()))


def user_by_login(connection: Connection, login: str) -> User | None:
    query = select(users.c.id).where(users.c.login == login.strip().lower())
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else user(connection, found)


def user_by_subject(connection: Connection, issuer: str, subject: str) -> User | None:
    """The person a single sign-on knows as ``subject``."""
    query = select(users.c.id).where(users.c.issuer == issuer, users.c.subject == subject)
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else user(connection, found)


def all_users(connection: Connection) -> list[User]:
    """By display name, the disabled ones too."""
    rows = connection.execute(select(users).order_by(users.c.display_name, users.c.id)).all()
    members = _groups_of(connection, [row.id for row in rows])
    return [_user(row, members.get(row.id, ())) for row in rows]


def count_users(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(users)).scalar_one())


def other_active_admins(connection: Connection, user_id: int) -> int:
    query = select(func.count()).where(
        users.c.role == Role.ADMIN.value, users.c.active, users.c.id != user_id
    )
    return int(connection.execute(query).scalar_one())


def credentials(connection: Connection, login: str) -> Credentials | None:
    query = select(users.c.id, users.c.password_hash).where(users.c.login == login)
    row = connection.execute(query).one_or_none()
    return None if row is None else Credentials(row.id, row.password_hash)


def all_groups(connection: Connection) -> list[Group]:
    rows = connection.execute(select(groups).order_by(groups.c.support_level, groups.c.name))
    return [_group(row) for row in rows]


def ensure_group(connection: Connection, name: str, level: SupportLevel) -> Group:
    """The group of this name; created with ``level`` when there is none."""
    row = connection.execute(select(groups).where(groups.c.name == name)).one_or_none()
    if row is None:
        row = connection.execute(
            insert(groups).values(name=name, support_level=level.value).returning(groups)
        ).one()
    return _group(row)


def set_groups(connection: Connection, user_id: int, group_ids: Iterable[int]) -> None:
    connection.execute(delete(group_members).where(group_members.c.user_id == user_id))
    rows = [{"group_id": group_id, "user_id": user_id} for group_id in sorted(set(group_ids))]
    if rows:
        connection.execute(insert(group_members), rows)


def record(
    connection: Connection,
    kind: EventKind,
    user_id: int | None,
    *,
    at: datetime,
    actor_id: int | None = None,
    **facts: object,
) -> None:
    """Append to the log; nothing there is ever changed. ``facts`` hold no secrets."""
    connection.execute(
        insert(account_events).values(
            at=at, kind=kind.value, user_id=user_id, actor_id=actor_id, facts=facts
        )
    )


def events_of(connection: Connection, user_id: int, *, limit: int = 50) -> list[AccountEvent]:
    """What happened to an account, newest first."""
    query = (
        select(account_events)
        .where(account_events.c.user_id == user_id)
        .order_by(account_events.c.at.desc(), account_events.c.id.desc())
        .limit(limit)
    )
    return [
        AccountEvent(row.at, EventKind(row.kind), row.user_id, row.actor_id, dict(row.facts))
        for row in connection.execute(query)
    ]


def _groups_of(connection: Connection, user_ids: Sequence[int]) -> dict[int, tuple[Group, ...]]:
    query = (
        select(group_members.c.user_id, groups)
        .join_from(group_members, groups)
        .where(group_members.c.user_id.in_(user_ids))
        .order_by(groups.c.name)
    )
    found: dict[int, tuple[Group, ...]] = {}
    for row in connection.execute(query):
        found[row.user_id] = (*found.get(row.user_id, ()), _group(row))
    return found


def _group(row: Row[Any]) -> Group:
    return Group(row.id, row.name, SupportLevel(row.support_level))


def _user(row: Row[Any], member_of: tuple[Group, ...]) -> User:
    return User(
        id=row.id,
        login=row.login,
        display_name=row.display_name,
        email=row.email,
        role=Role(row.role),
        groups=member_of,
        language=row.language,
        theme=row.theme,
        active=bool(row.active),
        has_password=row.password_hash is not None,
        created_at=row.created_at,
        last_sign_in_at=row.last_sign_in_at,
    )
