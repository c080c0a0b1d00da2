"""The person's own page: password, API tokens, what happened to the account."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from kb_assist.auth import store, tokens
from kb_assist.auth.accounts import PasswordChange, change_password
from kb_assist.auth.model import AccountFault, Permission, Refused, Scope
from kb_assist.auth.roles import scopes_for
from kb_assist.auth.sign_in import begin_session
from kb_assist.edge import current, identity
from kb_assist.edge.guards import require
from kb_assist.errors import NotFoundError
from kb_assist.gaps import readers

blueprint = Blueprint("account", __name__, url_prefix="/account")

TOKEN_DAYS = (30, 90, 180, 365)
_EVENTS_SHOWN = 10


@blueprint.get("")
@require(Permission.ACCOUNT_OWN)
def page() -> str:
    return _page()


@blueprint.post("/password")
@require(Permission.ACCOUNT_OWN)
def password() -> Any:
    """Ends all sessions of the person and begins a new one here."""
    services, user = current.services(), current.signed_in_user()
    change = PasswordChange(request.form.get("old", ""), request.form.get("new", ""))
    now = services.clock.now()
    if change.new != request.form.get("again", ""):
        return _page(password_fault=_("The two new passwords differ.")), 422
    refused = change_password(services.database, services.passwords, user, change, at=now)
    if isinstance(refused, Refused):
        return _page(password_fault=fault_words(refused.faults[0])), 422
    with services.database.write() as connection:
        signed_in = begin_session(connection, user, at=now, by="password change")
    identity.begin(signed_in)
    flash(_("Your password is changed. All your other sessions are signed out."))
    return redirect(url_for("account.page"), 303)


@blueprint.post("/tokens")
@require(Permission.TOKENS_OWN)
def create_token() -> Any:
    """Shows the token's secret, this once."""
    services, user = current.services(), current.signed_in_user()
    known = {scope.value for scope in Scope}
    scopes = frozenset(Scope(each) for each in request.form.getlist("scope") if each in known)
    days = request.form.get("days", type=int) or 0
    wanted = tokens.TokenRequest(request.form.get("name", ""), scopes, days)
    with services.database.write() as connection:
        made = tokens.create(connection, user, wanted, at=services.clock.now())
    if made is None:
        fault = _("Give the token a name, what it is for, and how long it lives.")
        return _page(token_fault=fault, typed=wanted), 422
    return _page(new_token=made)


@blueprint.post("/tokens/<int:token_id>/revoke")
@require(Permission.TOKENS_OWN)
def revoke_token(token_id: int) -> Response:
    services, user = current.services(), current.signed_in_user()
    with services.database.write() as connection:
        if not tokens.revoke(connection, user, token_id, at=services.clock.now()):
            raise NotFoundError(_("There is no such token."))
    flash(_("The token is revoked."))
    return redirect(url_for("account.page", _anchor="tokens"), 303)


@blueprint.post("/digest")
@require(Permission.GAPS_READ)
def digest() -> Response:
    """Subscribe to the weekly mail about gaps, or leave it."""
    wanted = bool(request.form.get("wanted"))
    change = readers.subscribe if wanted else readers.unsubscribe
    with current.services().database.write() as connection:
        change(connection, current.signed_in_user().id)
    flash(_("You get the weekly mail.") if wanted else _("You get no more weekly mails."))
    return redirect(url_for("account.page", _anchor="digest"), 303)


def fault_words(fault: AccountFault) -> str:
    """Why an account or a password is not accepted, in the reader's language."""
    words = {
        AccountFault.PASSWORD_WRONG: _("Your present password is not right."),
        AccountFault.LOGIN_INVALID: _("A login is letters, digits and . _ - @ +, at most 100."),
        AccountFault.LOGIN_TAKEN: _("This login is taken."),
        AccountFault.NAME_MISSING: _("The name is missing."),
        AccountFault.EMAIL_INVALID: _("This is no e-mail address."),
        AccountFault.LAST_ADMIN: _("This is the last active administrator."),
        AccountFault.LOCKED: _("Too many attempts. Try again in a few minutes."),
        AccountFault.PASSWORD_SHORT: _("The new password needs at least 10 characters."),
        AccountFault.PASSWORD_LONG: _("The new password may have at most 200 characters."),
        AccountFault.PASSWORD_COMMON: _("The new password is too easy to guess."),
    }
    return str(words.get(fault, fault.value))


def _page(**shown: Any) -> str:
    services, user = current.services(), current.signed_in_user()
    with services.database.read() as connection:
        own = tokens.of_user(connection, user.id)
        events = store.events_of(connection, user.id, limit=_EVENTS_SHOWN)
        gets_digest = readers.is_reader(connection, user.id)
    return render_template(
        "account/page.html",
        user=user,
        tokens=own,
        events=events,
        gets_digest=gets_digest,
        sends_mail=services.settings.smtp_host is not None,
        now=services.clock.now(),
        scopes=scopes_for(user.role),
        token_days=TOKEN_DAYS,
        **shown,
    )
