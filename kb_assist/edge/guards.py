"""Lets a request through when its route allows the person; refuses whatever declares nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, redirect, request, url_for
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from kb_assist.auth.model import Permission
from kb_assist.edge import current, identity
from kb_assist.edge.errors import API_PREFIX
from kb_assist.errors import ForbiddenError, NotSignedInError

View = TypeVar("View", bound=Callable[..., Any])
_DECLARED = "kb_permissions"

# Asked by machines many times a minute: nobody is looked up for them.
MACHINES = frozenset({"static", "health.healthz", "health.readyz", "health.metrics"})
# Open to everybody; every other route names what it needs.
PUBLIC = MACHINES | {
    "sign_in.page",
    "sign_in.submit",
    "sign_in.leave",
    "single_sign_on.begin",
    "single_sign_on.finish",
    "preferences.change",
    # Signed instead.
    "inbound.receive",
    "inbound.receive_zammad",
    "guided.show",
    "guided.answer",
    "guided.still_true",
    "guided.progress",
    "alerts.generic",
    "alerts.alertmanager",
    "alerts.checkmk",
}

csrf = CSRFProtect()


def require(*permissions: Permission) -> Callable[[View], View]:
    """Declare what a route needs; stands between the route and its function."""

    def declare(view: View) -> View:
        setattr(view, _DECLARED, frozenset(permissions))
        return view

    return declare


def declared(app: Flask, endpoint: str) -> frozenset[Permission] | None:
    """What a route needs; None when it declares nothing."""
    found: frozenset[Permission] | None = getattr(app.view_functions[endpoint], _DECLARED, None)
    return found


def attach(app: Flask) -> None:
    """Called once by the application, before other hooks look at the person."""
    # Who may send a form is known only after looking at the person; see ``_check_form``.
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    csrf.init_app(app)
    identity.attach(app)
    app.before_request(_admit)


def _admit() -> Response | None:
    endpoint = request.endpoint
    if endpoint in MACHINES:
        return None
    principal = identity.identify()
    current.act_for(principal)
    if endpoint is None:
        return None  # becomes 404
    if endpoint not in PUBLIC:
        needed = declared(current_app, endpoint)
        if needed is None or not principal.may(*needed):
            return _refuse(signed_in=principal.user is not None)
    _check_form()
    return None


def _refuse(*, signed_in: bool) -> Response:
    """To the sign-in page where somebody looks at a page, else an error."""
    if signed_in or current.services().settings.sign_in == "off":
        raise ForbiddenError("Your role does not allow this.")
    # Scripts would take the sign-in page for the answer they asked for.
    by_script = (
        request.headers.get("X-Fragment") or request.headers.get("Sec-Fetch-Dest") == "empty"
    )
    if request.path.startswith(API_PREFIX) or by_script:
        raise NotSignedInError("This needs somebody who is signed in, or an API token.")
    address = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("sign_in.page", next=address), 303)


def _check_form() -> None:
    """Only cookies are sent by foreign pages; tokens and guests of the API carry none."""
    if not current_app.config["WTF_CSRF_ENABLED"]:
        return
    if request.path.startswith(API_PREFIX) and not identity.by_cookie():
        return
    csrf.protect()
