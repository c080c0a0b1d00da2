"""Locks a login for a while after repeated wrong passwords."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from kb_assist.storage.tables.accounts import sign_in_failures
from kb_assist.storage.upsert import upsert

LOCK_AFTER = 5
_FIRST_LOCK = timedelta(minutes=1)
_LONGEST_LOCK = timedelta(minutes=15)
_FORGET_AFTER = timedelta(days=1)


def locked_until(connection: Connection, login: str, *, at: datetime) -> datetime | None:
    """Until when no password is tried for this login, None when it is free."""
    query = select(sign_in_failures.c.locked_until).where(sign_in_failures.c.login == login)
    until: datetime | None = connection.execute(query).scalar_one_or_none()
    return until if until is not None and until > at else None


def count_failure(connection: Connection, login: str, *, at: datetime) -> datetime | None:
    """Note a wrong password; returns until when the login is locked by it.

    The fifth failure locks for a minute, every further one twice as long, up to 15 minutes. A
    login that nobody has is treated alike, so that a lock gives nothing away.
    """
    connection.execute(
        delete(sign_in_failures).where(sign_in_failures.c.failed_at < at - _FORGET_AFTER)
    )
    failures = connection.execute(
        upsert(connection, sign_in_failures)
        .values(login=login, failures=1, failed_at=at)
        .on_conflict_do_update(
            index_elements=["login"],
            set_={"failures": sign_in_failures.c.failures + 1, "failed_at": at},
        )
        .returning(sign_in_failures.c.failures)
    ).scalar_one()
    if failures < LOCK_AFTER:
        return None
    until: datetime = at + min(_LONGEST_LOCK, _FIRST_LOCK * 2 ** min(10, failures - LOCK_AFTER))
    connection.execute(
        update(sign_in_failures).where(sign_in_failures.c.login == login).values(locked_until=until)
    )
    return until


def forgive(connection: Connection, login: str) -> None:
    """Forget failures and a lock."""
    connection.execute(delete(sign_in_failures).where(sign_in_failures.c.login == login))
