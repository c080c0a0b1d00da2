"""Who sends a request: a session cookie or an API token; the only door to Flask-Login."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from flask import Flask, Request, g, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy import Connection

from kb_assist.articles.model import Audience
from kb_assist.auth import sessions, tokens
from kb_assist.auth.model import User
from kb_assist.auth.roles import NOBODY, Principal, guest, principal_of
from kb_assist.auth.sign_in import SignedIn, sign_out
from kb_assist.edge import current
from kb_assist.edge.bearer import bearer
from kb_assist.errors import DatabaseUnavailableError
from kb_assist.settings import Settings

log = logging.getLogger(__name__)

# What outlives a sign-in or sign-out in the cookie.
_KEPT = ("language",)


@dataclass
class _Person(UserMixin):  # type: ignore[misc]  # untyped library
    """Somebody recognised by session or token; Flask-Login keeps ``get_id`` in the cookie."""

    principal: Principal
    key: str | None
    """The session's key; None for a token."""

    def get_id(self) -> str:
        return self.key or ""


def attach(app: Flask) -> None:
    """Called once by the application."""
    manager = LoginManager()
    # Sessions are kept on the server; an address that changes on the way does not end them.
    manager.session_protection = None
    manager.user_loader(_by_session)
    manager.request_loader(_by_token)
    manager.init_app(app, add_context_processor=False)


def identify() -> Principal:
    """Who this request acts for; also keeps sessions and tokens alive."""
    if current_user.is_authenticated:
        return cast("_Person", current_user).principal
    settings = current.services().settings
    return guest(Audience(settings.audience)) if settings.sign_in == "off" else NOBODY


def by_cookie() -> bool:
    """Whether the request is trusted because of a cookie, which a foreign page can send too."""
    return bool(current_user.is_authenticated) and cast("_Person", current_user).key is not None


def lifetime(settings: Settings) -> sessions.Lifetime:
    return sessions.Lifetime(
        idle=timedelta(minutes=settings.session_idle_minutes),
        total=timedelta(hours=settings.session_hours),
    )


def begin(signed_in: SignedIn) -> None:
    """Put a new session into the cookie and drop everything of the one before."""
    _clear_cookie()
    login_user(_Person(principal_of(signed_in.user), signed_in.key))


def end(user: User) -> None:
    """Sign out here; other sessions of the person go on."""
    services = current.services()
    key = cast("_Person", current_user).key
    if key is not None:
        with services.database.write() as connection:
            sign_out(connection, user, key, at=services.clock.now())
    logout_user()
    _clear_cookie()


def _clear_cookie() -> None:
    kept = {name: session[name] for name in _KEPT if name in session}
    session.clear()
    session.update(kept)
    # The form token of the old session, which Flask-WTF holds for this request.
    g.pop("csrf_token", None)


def _by_session(key: str) -> _Person | None:
    services = current.services()
    if services.settings.sign_in == "off" or not key:
        return None
    now = services.clock.now()
    with services.database.read() as connection:
        found = sessions.resume(connection, key, lifetime(services.settings), at=now)
    if found is None:
        return None
    if _is_due(found.seen_at, now, sessions.TOUCH_EVERY):
        _note_use(lambda connection: sessions.touch(connection, key, at=now))
    return _Person(principal_of(found.user), key)


def _by_token(_: Request) -> _Person | None:
    token = bearer()
    if token is None:
        return None
    services = current.services()
    now = services.clock.now()
    with services.database.read() as connection:
        used = tokens.use(connection, token, at=now)
    if used is None:
        return None
    if _is_due(used.token.last_used_at, now, tokens.TOUCH_EVERY):
        _note_use(lambda connection: tokens.touch(connection, used.token.id, at=now))
    return _Person(principal_of(used.user, used.token.scopes), None)


def _note_use(touch: Callable[[Connection], None]) -> None:
    """A page must not fail because the moment of its request could not be noted."""
    try:
        with current.services().database.write() as connection:
            touch(connection)
    except DatabaseUnavailableError as error:
        log.warning("The use of a session or token is not noted: %s", error.message)


def _is_due(last: datetime | None, now: datetime, every: timedelta) -> bool:
    return last is None or now - last >= every
