"""Registers the pages and what their templates need."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Flask, request

from kb_assist.auth.model import Permission
from kb_assist.edge import current
from kb_assist.errors import KbError
from kb_assist.guides.labels import left_open
from kb_assist.indexer.snapshot import Manifest
from kb_assist.monitoring import reasons
from kb_assist.tickets.model import ResolutionCode, Ticket
from kb_assist.ui import (
    account,
    accounts,
    article_health,
    articles,
    checklist,
    dates,
    dossiers,
    escalations,
    feedback,
    gap_arrange,
    gap_bulk,
    gap_work,
    gaps,
    guide_runs,
    guide_texts,
    guided,
    guides,
    handover,
    palette,
    preferences,
    queue,
    records,
    search,
    sign_in,
    single_sign_on,
    status,
    status_tools,
    ticket_work,
    tickets,
    webhooks,
)
from kb_assist.ui.clocks import TicketClock, ticket_clock

_AREAS: tuple[Any, ...] = (
    search,
    articles,
    preferences,
    sign_in,
    single_sign_on,
    account,
    accounts,
    queue,
    tickets,
    ticket_work,
    feedback,
    handover,
    records,
    guides,
    guide_runs,
    guided,
    palette,
    webhooks,
    dossiers,
    status,
    status_tools,
    checklist,
    gaps,
    gap_bulk,
    gap_work,
    gap_arrange,
    article_health,
    escalations,
)


def register(app: Flask) -> None:
    """Called once by the application."""
    for area in _AREAS:
        app.register_blueprint(area.blueprint)
    for shown in (
        dates.age_in_words,
        dates.as_day,
        dates.month_in_words,
        dates.exact_date,
        dates.moment_in_words,
        dates.duration_in_words,
        dates.window_in_words,
        dates.exact_moment,
        dates.percent_in_words,
        dates.seconds_in_words,
        dates.rate_in_words,
        dates.span_in_words,
        dates.lasting_in_words,
        initials,
        left_open,
    ):
        app.add_template_filter(shown)
    app.add_template_filter(reasons.read, "probed")
    # A global, because macros are imported without the page's context.
    app.add_template_global(_this_moment, "this_moment")
    app.add_template_global(_today, "today")
    app.add_template_global(may, "may")
    app.add_template_global(guide_texts.readable, "readable_article")
    app.add_template_global(_clock, "ticket_clock")
    app.add_template_global(_tells_confidence, "tells_confidence")
    app.add_template_global(queue.queue_address, "queue_address")
    app.jinja_env.globals["resolution_codes"] = list(ResolutionCode)
    app.context_processor(_for_every_page)


def may(*names: str) -> bool:
    """Whether the reader has all these permissions; pages show only what can be used."""
    return current.principal().may(*(Permission(name) for name in names))


def initials(name: str) -> str:
    """``LB`` for Lena Beispiel; first and last word count."""
    words = name.split()
    return "".join(word[0] for word in words[:1] + words[1:][-1:]).upper()


def _clock(ticket: Ticket) -> TicketClock:
    return ticket_clock(ticket, current.services().clock.now())


def _this_moment() -> datetime:
    return current.services().clock.now()


def _today() -> date:
    return current.services().clock.today()


def _tells_confidence() -> bool:
    """False as well while there is no index."""
    try:
        return current.services().engine.searcher().snapshot.tells_confidence
    except KbError:
        return False


def _for_every_page() -> dict[str, Any]:
    person = current.user()
    chosen = request.cookies.get(preferences.THEME_COOKIE) or (person.theme if person else None)
    theme = preferences.theme(chosen or "")
    return {
        "language": current.language(),
        "theme": theme,
        "next_theme": preferences.theme_after(theme),
        "manifest": _manifest,
        "person": person,
    }


def _manifest() -> Manifest | None:
    """The served index's manifest, None while there is none; asked for by the footer."""
    try:
        return current.services().engine.searcher().snapshot.manifest
    except KbError:
        return None
