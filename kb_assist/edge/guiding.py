"""Guides of the request: who runs them, whether they may, and the signed links of customers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Connection

from kb_assist.auth.model import Permission
from kb_assist.edge import current, desk
from kb_assist.errors import N_, ForbiddenError, NotFoundError, TooManyRequestsError
from kb_assist.guides import links_store
from kb_assist.guides.database_store import DatabaseStore, SessionRow, row_of
from kb_assist.guides.links_store import Link
from kb_assist.guides.model import Channel, Guide
from kb_assist.guides.run import Refusal, RefusalCode
from kb_assist.guides.sessions import Current, GuideSessions
from kb_assist.tickets import store
from kb_assist.tickets.guiding import Runs
from kb_assist.tickets.model import Actor, ActorKind

STATUS: Mapping[RefusalCode, HTTPStatus] = {
    RefusalCode.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    RefusalCode.NOT_FOR_CUSTOMER: HTTPStatus.FORBIDDEN,
}
"""Every other refusal is a conflict with what others did."""

_SALT = "guide-link"
_PER_LINK = 60
"""A page that waits asks twelve times a minute; two people may look at it."""
_PER_ADDRESS = 300
"""A whole office may come from one address."""


def status_of(refusal: Refusal) -> HTTPStatus:
    return STATUS.get(refusal.code, HTTPStatus.CONFLICT)


def published() -> Mapping[str, Guide]:
    """Guides that can be run now, by id."""
    return current.services().guides.now().guides


@contextmanager
def runs() -> Iterator[Runs]:
    """One transaction of the person who is signed in."""
    with desk.opened() as opened:
        yield Runs(opened, published(), current.services().clock.today())


def readable_row(connection: Connection, session: str) -> SessionRow:
    """Raises NotFoundError, and ForbiddenError for a ticket's session when the person may not
    read tickets."""
    row = row_of(connection, session)
    if row is None:
        raise NotFoundError(N_("There is no such guide session."))
    if row.ticket_id is not None:
        insist(Permission.TICKET_READ)
    return row


def opened_session(connection: Connection, session: str) -> tuple[SessionRow, Current]:
    """Where a session stands. Raises as ``readable_row`` does."""
    row = readable_row(connection, session)
    return row, GuideSessions(DatabaseStore(connection), published()).open(session)


def insist(needed: Permission) -> None:
    """Raises ForbiddenError when the person's role does not include it."""
    if not current.principal().may(needed):
        raise ForbiddenError(N_("Your role does not allow this."))


def insist_to_work(row: SessionRow) -> None:
    """What changes a ticket's session needs what changes the ticket."""
    if row.ticket_id is not None:
        insist(Permission.TICKET_WORK)


def make_link(connection: Connection, session: str, made_by: str) -> Link:
    services = current.services()
    lasts = timedelta(hours=services.settings.guide_link_hours)
    return links_store.make(connection, session, made_by, at=services.clock.now(), lasts=lasts)


def signed(link: Link) -> str:
    """What stands in the address of the customer's page."""
    return str(_serializer().dumps(link.id))


def session_of(token: str) -> str:
    """The session a link opens now.

    Raises NotFoundError for a link that is forged, unknown, withdrawn or expired, which all look
    alike, and TooManyRequestsError.
    """
    services = current.services()
    now, limits = services.clock.now(), services.customer_limits
    if not limits.take(f"address {request.remote_addr}", _PER_ADDRESS, at=now):
        raise _too_many()
    try:
        link_id = str(_serializer().loads(token))
    except BadSignature:
        raise _no_link() from None
    if not limits.take(f"link {link_id}", _PER_LINK, at=now):
        raise _too_many()
    with services.database.read() as connection:
        link = links_store.find(connection, link_id, at=now)
    if link is None:
        raise _no_link()
    return link.session


def customer_session(session: str) -> tuple[SessionRow, Current]:
    """Where the session of a link stands. Raises NotFoundError."""
    with current.services().database.read() as connection:
        row = row_of(connection, session)
        if row is None:
            raise _no_link()
        return row, GuideSessions(DatabaseStore(connection), published()).open(session)


@contextmanager
def customer_runs(session: str) -> Iterator[Runs]:
    """One transaction of the customer at the other end of a link."""
    services = current.services()
    with services.database.read() as connection:
        row = row_of(connection, session)
        ticket = store.find(connection, row.ticket_id) if row and row.ticket_id else None
    name = (ticket.requester_name if ticket else "") or "Customer"
    with services.desk(Actor(ActorKind.REQUESTER, name)) as opened:
        yield Runs(opened, published(), services.clock.today(), Channel.CUSTOMER)


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), salt=_SALT)


def _no_link() -> NotFoundError:
    return NotFoundError(N_("This link does not work any more."))


def _too_many() -> TooManyRequestsError:
    return TooManyRequestsError(
        N_("Too many requests in a short time."),
        remedy=N_("Wait a minute and load the page again."),
    )
