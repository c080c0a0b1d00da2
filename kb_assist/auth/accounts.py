"""Creating and changing accounts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from kb_assist.auth import lockout, sessions, store
from kb_assist.auth.model import AccountFault, EventKind, Refused, Role, User
from kb_assist.auth.passwords import Passwords, faults_of
from kb_assist.storage.db import Database
from kb_assist.text import normalise

# Only what can be no address at all: whether it arrives, only a mail tells.
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_LOGIN = re.compile(r"[a-z0-9](?:[a-z0-9._@+-]{0,98}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class NewAccount:
    """``groups`` are ids; ``password`` None makes an account for the single sign-on only."""

    login: str
    display_name: str
    role: Role
    email: str = ""
    groups: tuple[int, ...] = ()
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PasswordChange:
    old: str = field(repr=False)
    new: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PasswordReset:
    """``actor_id`` None: the command line."""

    new: str = field(repr=False)
    actor_id: int | None = None


def create(
    connection: Connection,
    passwords: Passwords,
    new: NewAccount,
    *,
    at: datetime,
    actor_id: int | None = None,
) -> User | Refused:
    """Refused, with every reason, when something is wrong with ``new``."""
    login = new.login.strip().lower()
    faults = _faults(connection, new, login)
    if faults:
        return Refused(faults)
    name, address = _described(new.display_name, new.email)
    user_id = store.add_user(
        connection,
        login=login,
        display_name=name,
        email=address,
        role=new.role.value,
        password_hash=None if new.password is None else passwords.hash(new.password),
        created_at=at,
    )
    store.set_groups(connection, user_id, new.groups)
    store.record(
        connection, EventKind.CREATED, user_id, at=at, actor_id=actor_id, role=new.role.value
    )
    return _existing(connection, user_id)


def change_password(
    database: Database, passwords: Passwords, user: User, change: PasswordChange, *, at: datetime
) -> Refused | None:
    """By the person itself, who stays signed in nowhere.

    Hashing takes longer than a write may, so it happens between two transactions.
    """
    with database.read() as connection:
        known = store.credentials(connection, user.login)
        if lockout.locked_until(connection, user.login, at=at):
            return Refused((AccountFault.LOCKED,))
    if known is None or not passwords.matches(known.password_hash, change.old):
        # Else whoever finds an open session could try passwords without end.
        with database.write() as connection:
            lockout.count_failure(connection, user.login, at=at)
        return Refused((AccountFault.PASSWORD_WRONG,))
    faults = faults_of(change.new, login=user.login)
    if faults:
        return Refused(faults)
    hashed = passwords.hash(change.new)
    with database.write() as connection:
        _keep_password(connection, user.id, hashed, at=at, actor_id=user.id)
    return None


def set_password(
    connection: Connection, passwords: Passwords, user: User, reset: PasswordReset, *, at: datetime
) -> Refused | None:
    """By an administrator, without the old one; also ends a lock."""
    faults = faults_of(reset.new, login=user.login)
    if faults:
        return Refused(faults)
    hashed = passwords.hash(reset.new)
    _keep_password(connection, user.id, hashed, at=at, actor_id=reset.actor_id)
    lockout.forgive(connection, user.login)
    return None


def disable(
    connection: Connection, user: User, *, at: datetime, actor_id: int | None = None
) -> Refused | None:
    """Ends all sessions; tokens stop working. The last active administrator stays."""
    if user.role is Role.ADMIN and not store.other_active_admins(connection, user.id):
        return Refused((AccountFault.LAST_ADMIN,))
    store.set_user(connection, user.id, active=False)
    sessions.end_all(connection, user.id)
    store.record(connection, EventKind.DISABLED, user.id, at=at, actor_id=actor_id)
    return None


def enable(
    connection: Connection, user: User, *, at: datetime, actor_id: int | None = None
) -> None:
    store.set_user(connection, user.id, active=True)
    lockout.forgive(connection, user.login)
    store.record(connection, EventKind.ENABLED, user.id, at=at, actor_id=actor_id)


def set_role(
    connection: Connection, user: User, role: Role, *, at: datetime, actor_id: int | None = None
) -> Refused | None:
    """Takes effect with the next request of every session and token."""
    leaves_none = user.role is Role.ADMIN and role is not Role.ADMIN and user.active
    if leaves_none and not store.other_active_admins(connection, user.id):
        return Refused((AccountFault.LAST_ADMIN,))
    store.set_user(connection, user.id, role=role.value)
    store.record(
        connection,
        EventKind.CHANGED,
        user.id,
        at=at,
        actor_id=actor_id,
        before=user.role.value,
        after=role.value,
    )
    return None


def describe(
    connection: Connection,
    user: User,
    *,
    display_name: str,
    email: str,
    at: datetime,
    actor_id: int | None = None,
) -> Refused | None:
    """Another name or address; the login stays. Refused with every reason."""
    name, address = _described(display_name, email)
    faults = _description_faults(name, address)
    if faults:
        return Refused(tuple(faults))
    if (name, address) != (user.display_name, user.email):
        store.set_user(connection, user.id, display_name=name, email=address)
        store.record(connection, EventKind.CHANGED, user.id, at=at, actor_id=actor_id)
    return None


def _described(display_name: str, email: str) -> tuple[str, str]:
    return normalise(display_name).strip()[:200], normalise(email).strip()[:320]


def _description_faults(name: str, address: str) -> list[AccountFault]:
    faults = [] if name else [AccountFault.NAME_MISSING]
    if address and not _EMAIL.fullmatch(address):
        faults.append(AccountFault.EMAIL_INVALID)
    return faults


def _faults(connection: Connection, new: NewAccount, login: str) -> tuple[AccountFault, ...]:
    faults = []
    if not _LOGIN.fullmatch(login):
        faults.append(AccountFault.LOGIN_INVALID)
    elif store.user_by_login(connection, login) is not None:
        faults.append(AccountFault.LOGIN_TAKEN)
    faults += _description_faults(*_described(new.display_name, new.email))
    if new.password is not None:
        faults.extend(faults_of(new.password, login=login))
    return tuple(faults)


def _keep_password(
    connection: Connection, user_id: int, hashed: str, *, at: datetime, actor_id: int | None
) -> None:
    store.set_user(connection, user_id, password_hash=hashed)
    sessions.end_all(connection, user_id)
    store.record(connection, EventKind.PASSWORD_CHANGED, user_id, at=at, actor_id=actor_id)


def _existing(connection: Connection, user_id: int) -> User:
    found = store.user(connection, user_id)
    assert found is not None  # written in this transaction
    return found
