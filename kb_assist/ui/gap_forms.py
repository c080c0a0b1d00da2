"""What forms about gaps send."""

from __future__ import annotations

from datetime import date

from flask import request
from flask_babel import gettext as _

from kb_assist.errors import InputError
from kb_assist.gaps.model import Decision, GapState

_MOST_CHARACTERS = 20_000


def decision() -> Decision:
    """Raises InputError when the form is not readable."""
    form = request.form
    if form.get("state") not in set(GapState):
        raise InputError(_("The form is not readable."))
    return Decision(
        GapState(form["state"]),
        form.get("owner_id", type=int),
        _day("due"),
        field("reason"),
        until=_day("until"),
        article_id=field("article"),
    )


def field(name: str) -> str:
    """A field's text without space around it; empty when it is not there."""
    # Browsers send two characters for a line break.
    return request.form.get(name, "").replace("\r\n", "\n").strip()[:_MOST_CHARACTERS]


def _day(name: str) -> date | None:
    given = field(name)
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise InputError(_("Give the day as year-month-day, such as 2026-12-31.")) from None
