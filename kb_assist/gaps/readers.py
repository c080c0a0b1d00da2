"""Who gets the digest of gaps by mail, once a week, however often a timer asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.message import EmailMessage

from sqlalchemy import Connection, delete, func, insert, select, update

from kb_assist.auth import store as accounts
from kb_assist.auth.model import Permission, User
from kb_assist.auth.roles import permissions_of
from kb_assist.errors import MailUnavailableError
from kb_assist.gaps.digest import WEBHOOK_KIND, Digest, announce, as_message
from kb_assist.storage.db import Database
from kb_assist.storage.tables.gaps import gap_readers
from kb_assist.storage.tables.outbox import outbox

_r = gap_readers.c

Send = Callable[[EmailMessage], None]
"""Raises MailUnavailableError."""


@dataclass(frozen=True, slots=True)
class Sent:
    mails: int
    failed: tuple[str, ...]
    """Why, for each mail that nobody took; the next run tries it again."""


@dataclass(frozen=True, slots=True)
class Words:
    """What stands in every mail."""

    sender: str
    language: str
    """Of readers who chose none."""
    address: str = ""
    """Of the page of gaps; empty when it is not known."""


def is_reader(connection: Connection, user_id: int) -> bool:
    found = connection.execute(select(_r.user_id).where(_r.user_id == user_id))
    return found.scalar_one_or_none() is not None


def subscribe(connection: Connection, user_id: int) -> None:
    """Doing it twice changes nothing."""
    if not is_reader(connection, user_id):
        connection.execute(insert(gap_readers).values(user_id=user_id))


def unsubscribe(connection: Connection, user_id: int) -> None:
    connection.execute(delete(gap_readers).where(_r.user_id == user_id))


def readers(connection: Connection) -> list[User]:
    """Active people who subscribed, may read gaps and have an address; by id."""
    asked = set(connection.execute(select(_r.user_id)).scalars())
    return sorted(
        (
            user
            for user in accounts.all_users(connection)
            if user.id in asked
            and user.active
            and user.email
            and Permission.GAPS_READ in permissions_of(user.role)
        ),
        key=lambda user: user.id,
    )


def mail(database: Database, made: Digest, send: Send, now: datetime, *, words: Words) -> Sent:
    """One mail to each reader who got none this week; nothing while nothing has changed.

    A mail is claimed before it is sent, so two runs at a time send it once.
    """
    if made.is_empty:
        return Sent(0, ())
    with database.read() as connection:
        people = readers(connection)
    sent, failed = 0, []
    for user in people:
        before = _claim(database, user.id, week_of(now.date()))
        if before is None:
            continue
        language = user.language or words.language
        message = as_message(made, language, to=[user.email], now=now, address=words.address)
        message["From"] = words.sender
        try:
            send(message)
            sent += 1
        except MailUnavailableError as error:
            _release(database, user.id, before)
            failed.append(error.message)
    return Sent(sent, tuple(failed))


def announce_weekly(connection: Connection, made: Digest, now: datetime) -> int:
    """Like ``announce``, but once a week and not while nothing has changed; how many."""
    monday = now.date() - timedelta(days=now.weekday())
    begun = datetime(monday.year, monday.month, monday.day, tzinfo=now.tzinfo)
    asked = select(func.count()).where(outbox.c.kind == WEBHOOK_KIND, outbox.c.created_at >= begun)
    if made.is_empty or connection.execute(asked).scalar_one():
        return 0
    return announce(connection, made, now)


def week_of(day: date) -> str:
    """``2026-W48``."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def _claim(database: Database, user_id: int, week: str) -> str | None:
    """The week of the last mail; None when this week's is sent, or another run sends it."""
    with database.write() as connection:
        before = connection.execute(
            select(_r.sent_week).where(_r.user_id == user_id)
        ).scalar_one_or_none()
        claimed = connection.execute(
            update(gap_readers)
            .where(_r.user_id == user_id, _r.sent_week != week)
            .values(sent_week=week)
        )
        return before if claimed.rowcount else None


def _release(database: Database, user_id: int, week: str) -> None:
    with database.write() as connection:
        connection.execute(update(gap_readers).where(_r.user_id == user_id).values(sent_week=week))
