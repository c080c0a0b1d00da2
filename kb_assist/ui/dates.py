"""Dates as people read them, in the page's language."""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import format_date, format_datetime, format_timedelta
from flask_babel import gettext as _

from kb_assist.edge import current


def age_in_words(day: date) -> str:
    """ "3 months ago", „vor 3 Monaten“."""
    distance = day - current.services().clock.today()
    return str(format_timedelta(distance, add_direction=True)) if distance else _("today")


def exact_date(day: date) -> str:
    """The day in full, for tooltips."""
    return str(format_date(day, "long"))


def moment_in_words(stored: str) -> str:
    """How long ago an ISO 8601 instant was."""
    distance = datetime.fromisoformat(stored) - current.services().clock.now()
    return str(format_timedelta(distance, add_direction=True))


def exact_moment(stored: str) -> str:
    """An ISO 8601 instant with its time zone, for tooltips."""
    moment = datetime.fromisoformat(stored)
    return f"{format_datetime(moment, 'long', rebase=False)}"
