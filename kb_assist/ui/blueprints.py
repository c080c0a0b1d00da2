"""Registers the pages and what their templates need."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Flask, request

from kb_assist.edge import current
from kb_assist.errors import KbError
from kb_assist.indexer.snapshot import Manifest
from kb_assist.ui import articles, dates, preferences, search


def register(app: Flask) -> None:
    """Called once by the application."""
    for blueprint in (search.blueprint, articles.blueprint, preferences.blueprint):
        app.register_blueprint(blueprint)
    for shown in (
        dates.age_in_words,
        dates.exact_date,
        dates.moment_in_words,
        dates.exact_moment,
    ):
        app.add_template_filter(shown)
    # A global, because macros are imported without the page's context.
    app.add_template_global(_today, "today")
    app.context_processor(_for_every_page)


def _today() -> date:
    return current.services().clock.today()


def _for_every_page() -> dict[str, Any]:
    theme = preferences.theme(request.cookies.get(preferences.THEME_COOKIE, ""))
    return {
        "language": current.language(),
        "theme": theme,
        "next_theme": preferences.theme_after(theme),
        "manifest": _manifest,
    }


def _manifest() -> Manifest | None:
    """The served index's manifest, None while there is none; asked for by the footer."""
    try:
        return current.services().engine.searcher().snapshot.manifest
    except KbError:
        return None
