"""The services, reader and language of the request being served."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app, request, session

from kb_assist.articles.model import Audience
from kb_assist.bootstrap import Services
from kb_assist.edge.metrics import Metrics
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


def audience() -> Audience:
    """What the reader of this request may see."""
    return Audience(services().settings.audience)


def language() -> str:
    """``de`` or ``en``: the reader's choice, else the setting, else what the browser prefers."""
    chosen = session.get(_LANGUAGE)
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
