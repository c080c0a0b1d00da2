"""The services, reader and language of the request being served."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app, g, request, session

from kb_assist.articles.model import Audience
from kb_assist.auth.model import User
from kb_assist.auth.roles import NOBODY, Principal
from kb_assist.bootstrap import Services
from kb_assist.edge.metrics import Metrics
from kb_assist.errors import NotSignedInError
from kb_assist.text import LANGUAGES

_KEY = "kb_assist"
_LANGUAGE = "language"


_METRICS = "kb_assist_metrics"


def attach(app: Flask, services: Services, metrics: Metrics) -> None:
    """Called once by the application."""
    app.extensions[_KEY] = services
    app.extensions[_METRICS] = metrics


def metrics() -> Metrics:
    return cast("Metrics", current_app.extensions[_METRICS])


def services() -> Services:
    return cast("Services", current_app.extensions[_KEY])


def act_for(principal: Principal) -> None:
    """Called once per request, by the guard."""
    g.principal = principal


def principal() -> Principal:
    """Who this request acts for and what it may do."""
    return cast("Principal", g.get("principal", NOBODY))


def user() -> User | None:
    """Who is signed in; None for guests and before signing in."""
    return principal().user


def signed_in_user() -> User:
    """Who is signed in, for routes that guests cannot reach."""
    found = user()
    if found is None:
        raise NotSignedInError("This needs somebody who is signed in.")
    return found


def public_address(path: str) -> str:
    """A path of ours as others reach it, for links that leave this server."""
    configured = services().settings.public_url
    return f"{(configured or request.host_url).rstrip('/')}{path}"


def audience() -> Audience:
    """What the reader of this request may see."""
    return principal().reads


def language() -> str:
    """``de`` or ``en``: chosen here, else by the person before, the setting, the browser."""
    person = user()
    for chosen in (session.get(_LANGUAGE), person.language if person else None):
        if chosen in LANGUAGES:
            return str(chosen)
    configured = services().settings.default_language
    if configured != "auto":
        return configured
    return request.accept_languages.best_match(LANGUAGES) or "en"


def choose_language(code: str) -> None:
    """Remember the reader's choice; anything but de and en is ignored."""
    if code in LANGUAGES:
        session[_LANGUAGE] = code
