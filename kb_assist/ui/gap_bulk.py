"""Decisions about several gaps at once, from the page of gaps."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from kb_assist.auth.model import Permission
from kb_assist.edge import desk as at_desk
from kb_assist.edge.guards import require
from kb_assist.errors import InputError
from kb_assist.gaps import review
from kb_assist.gaps.model import GapState, NotDecided
from kb_assist.tickets import store as tickets_store
from kb_assist.ui.gap_forms import decision

blueprint = Blueprint("gap_bulk", __name__, url_prefix="/gaps/bulk")

_TOGETHER = frozenset({GapState.ACCEPTED, GapState.DISMISSED})


@blueprint.post("")
@require(Permission.GAPS_DECIDE)
def decide_all() -> Response:
    """Accept or dismiss every chosen gap, or none of them when something is missing."""
    chosen = request.form.getlist("gap", type=int)
    if not chosen:
        raise InputError(_("No gap is selected."))
    wanted = decision()
    if wanted.state not in _TOGETHER:
        raise InputError(_("The form is not readable."))
    with at_desk.opened() as desk:
        if wanted.owner_id is not None:
            tickets_store.require_user(desk.connection, wanted.owner_id)
        for gap_id in chosen:
            done = review.decide(desk.connection, gap_id, wanted, desk.now, actor=desk.actor)
            if isinstance(done, NotDecided):
                raise InputError(_("Not dismissed: write why, so that nobody has to ask again."))
    flash(ngettext("%(num)s gap changed.", "%(num)s gaps changed.", len(chosen)))
    return redirect(url_for("gaps.board"), 303)
