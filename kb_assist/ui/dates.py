"""Dates and figures as people read them, in the page's language."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_timedelta as format_short
from flask_babel import format_date, format_datetime, format_decimal, format_timedelta, get_locale
from flask_babel import gettext as _

from kb_assist.edge import current


def age_in_words(day: date) -> str:
    """ "3 months ago", „vor 3 Monaten“."""
    distance = day - current.services().clock.today()
    return str(format_timedelta(distance, add_direction=True)) if distance else _("today")


def exact_date(day: date) -> str:
    """The day in full, for tooltips."""
    return str(format_date(day, "long"))


def moment_in_words(moment: datetime | str) -> str:
    """How long ago an instant (or its ISO 8601 text) was."""
    distance = _instant(moment) - current.services().clock.now()
    return str(format_timedelta(distance, add_direction=True))


def span_in_words(moment: datetime) -> str:
    """How much time has passed since an instant, without direction: "3 hours"."""
    distance = current.services().clock.now() - moment
    return str(format_timedelta(distance))


def lasting_in_words(moment: datetime) -> str:
    """How long something has gone on: "for 4 days", „seit 4 Tagen“."""
    age = max(current.services().clock.now() - moment, timedelta(seconds=1))
    if get_locale().language == "de":
        # German declines the same after „seit“ as after „vor“, and Babel knows only the latter.
        span = str(format_timedelta(-age, add_direction=True)).removeprefix("vor ")
    else:
        span = duration_in_words(age)
    return str(_("for %(span)s", span=span))


def duration_in_words(duration: timedelta) -> str:
    """ "3 hours", „3 Stunden“."""
    return str(format_timedelta(duration))


def window_in_words(duration: timedelta) -> str:
    """As ``duration_in_words``, a minute at least: what came at once came within a minute."""
    return duration_in_words(max(duration, timedelta(minutes=1)))


def seconds_in_words(seconds: float) -> str:
    """ "42 sec.", „4 Min.“: short, for columns."""
    whole = timedelta(seconds=round(seconds))
    return format_short(whole, format="short", threshold=2, locale=get_locale())


def exact_moment(moment: datetime | str) -> str:
    """An instant (or its ISO 8601 text) where the business hours are, for tooltips and paper."""
    local = _local(moment)
    zone = format_datetime(local, "zzz", rebase=False)
    # Where a language has no short name for the zone, it would be a number.
    named = zone if zone.isalpha() else local.tzname()
    return f"{format_date(local.date(), 'long')}, {local:%H:%M} {named}"


def as_day(moment: datetime | str) -> date:
    """The day of an instant (or its ISO 8601 text) where the business hours are."""
    return _local(moment).date()


def month_in_words(month: str) -> str:
    """``2026-11`` as "November 2026"."""
    return str(format_date(date.fromisoformat(f"{month}-01"), "LLLL yyyy"))


def percent_in_words(percent: float) -> str:
    """ "99.98 %", „99,98 %“; always two places, so that columns stand."""
    return f"{format_decimal(percent, '0.00')} %"


def _local(moment: datetime | str) -> datetime:
    return _instant(moment).astimezone(ZoneInfo(current.services().settings.time_zone))


def rate_in_words(rate: float) -> str:
    """ "0.4", „0,4“; one place says as much as a few tickets can."""
    return str(format_decimal(rate, "0.0"))


def _instant(moment: datetime | str) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.fromisoformat(moment)
