"""Signing in and out."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from kb_assist.auth import sessions, store
from kb_assist.auth.sign_in import NotSignedIn, Refusal, sign_in
from kb_assist.edge import current, identity
from kb_assist.edge.paths import same_site

blueprint = Blueprint("sign_in", __name__)


@blueprint.get("/sign-in")
def page() -> str | Response:
    """Whoever is signed in already, or does not need to be, goes on to where they wanted."""
    target = same_site(request.args.get("next", "/"))
    if current.user() is not None or current.services().settings.sign_in == "off":
        return redirect(target)
    return form(target)


@blueprint.post("/sign-in")
def submit() -> Any:
    """Check login and password; a new session begins and the old cookie is worth nothing."""
    services = current.services()
    target = same_site(request.form.get("next", "/"))
    if services.settings.sign_in == "off":
        return redirect(target)
    now = services.clock.now()
    login = request.form.get("login", "")
    result = sign_in(
        services.database,
        services.passwords,
        login=login,
        password=request.form.get("password", ""),
        at=now,
    )
    if isinstance(result, NotSignedIn):
        return form(target, login=login, message=reason(result, now)), 401
    with services.database.write() as connection:
        sessions.purge(connection, identity.lifetime(services.settings), at=now)
    identity.begin(result)
    return redirect(target, 303)


@blueprint.post("/sign-out")
def leave() -> Response:
    person = current.user()
    if person is not None:
        identity.end(person)
    return redirect(url_for("sign_in.page"), 303)


def reason(refused: NotSignedIn, now: datetime) -> str:
    """Why somebody was not admitted, in the reader's language."""
    if refused.reason is Refusal.DISABLED:
        return str(_("This account is disabled. Ask your administrator."))
    if refused.reason is Refusal.LOCKED and refused.until is not None:
        minutes = max(1, ceil((refused.until - now).total_seconds() / 60))
        return str(
            ngettext(
                "Too many attempts. Try again in %(num)s minute.",
                "Too many attempts. Try again in %(num)s minutes.",
                minutes,
            )
        )
    return str(_("Login or password is wrong."))


def form(target: str, *, login: str = "", message: str = "") -> str:
    """The page with its form; ``target`` is where to go after signing in."""
    services = current.services()
    with services.database.read() as connection:
        nobody = store.count_users(connection) == 0
    single = services.settings.oidc_name if services.settings.oidc_issuer else ""
    return render_template(
        "sign_in/page.html",
        target=target,
        login=login,
        message=message,
        nobody=nobody,
        single_sign_on=single,
    )
