"""Dates as people read them, in the page's language."""

from __future__ import annotations

from datetime import date

from flask_babel import format_date, format_timedelta

from kb_assist.edge import current


def age_in_words(day: date) -> str:
    """ "3 months ago", „vor 3 Monaten“."""
    return str(format_timedelta(day - current.services().clock.today(), add_direction=True))


def exact_date(day: date) -> str:
    """The day in full, for tooltips."""
    return str(format_date(day, "long"))
