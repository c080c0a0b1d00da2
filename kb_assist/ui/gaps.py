"""Pages of gaps: what changed and what to write next, and everything about one gap."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy import Connection

from kb_assist.auth.model import Permission
from kb_assist.edge import current
from kb_assist.edge.guards import require
from kb_assist.errors import KbError, NotFoundError
from kb_assist.gaps import escalations, events, store
from kb_assist.gaps.health import report as health_report
from kb_assist.gaps.health.report import Health
from kb_assist.gaps.model import GapState
from kb_assist.ui import escalation_board, gap_board, health_board
from kb_assist.ui.article_health import readable
from kb_assist.ui.gap_board import Choice, Shown
from kb_assist.ui.gap_view import owners, page_values
from kb_assist.ui.people import people

blueprint = Blueprint("gaps", __name__, url_prefix="/gaps")

_LOOK_BACK = timedelta(days=90)
_STATES = frozenset(GapState) | frozenset(Shown)


@blueprint.get("")
@require(Permission.GAPS_READ)
def board() -> str:
    """What an owner reads on Monday; every state of the page has an address."""
    services = current.services()
    now, today = services.clock.now(), services.clock.today()
    choice = _choice()
    with services.database.read() as connection:
        recent = events.since(connection, now - gap_board.SINCE)
        known = store.all_gaps(connection)
        corrected = store.corrections(connection)
        gone_up = escalations.of_window(connection, now - _LOOK_BACK, corrected)
        names = people(connection)
        mend = _worst(connection)
    start = max(0, request.args.get("start", 0, type=int))
    more = start + gap_board.PAGE_ROWS
    arranged = gap_board.arrange(known, recent, choice=choice, today=today, start=start)
    return render_template(
        "gaps/page.html",
        board=arranged,
        choice=choice,
        people=names,
        owners=owners(names),
        states=list(GapState),
        escalations=escalation_board.whole(gone_up),
        products=escalation_board.by(gone_up, lambda one: one.product)[:5],
        months=escalation_board.by_month(gone_up),
        worst=mend,
        next_page=url_for("gaps.board", **asdict(choice), start=more)
        if more < arranged.fitting
        else None,
        since=now - gap_board.SINCE,
    )


@blueprint.get("/<int:gap_id>")
@require(Permission.GAPS_READ)
def show(gap_id: int) -> str:
    return render(gap_id)


def render(gap_id: int, **shown: Any) -> str:
    """The page of a gap; ``shown`` says what came of a form. Raises NotFoundError."""
    with current.services().database.read() as connection:
        values = page_values(connection, gap_id)
    return render_template("gaps/gap.html", **values, **shown)


def _worst(connection: Connection) -> tuple[Health, ...]:
    """What to mend first; none before the first index."""
    try:
        sources = current.services().health_sources()
    except KbError:
        return ()
    return health_board.worst(readable(health_report.report(connection, sources)))


def _choice() -> Choice:
    asked = request.args
    state = asked.get("state") or Shown.OPEN.value
    if state not in _STATES:
        raise NotFoundError(state)
    return Choice(
        state, asked.get("product", ""), asked.get("language", ""), asked.get("owner", "")
    )
