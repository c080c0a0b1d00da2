"""Forms that put gaps in order: another name, two that are one, one that is two, and back."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from kb_assist.auth.model import Permission
from kb_assist.edge import desk as at_desk
from kb_assist.edge.guards import require
from kb_assist.errors import InputError
from kb_assist.gaps import arrange
from kb_assist.gaps.arrange import NotArranged
from kb_assist.gaps.model import Gap
from kb_assist.ui.gap_forms import field

blueprint = Blueprint("gap_arrange", __name__, url_prefix="/gaps/<int:gap_id>")


@blueprint.post("/title")
@require(Permission.GAPS_DECIDE)
def rename(gap_id: int) -> Response:
    """An empty name gives the found title back."""
    with at_desk.opened() as desk:
        arrange.rename(desk, gap_id, field("title"))
    return _to(gap_id, _("Saved."))


@blueprint.post("/merge")
@require(Permission.GAPS_DECIDE)
def merge(gap_id: int) -> Response:
    """The gap lives on in the chosen one, whose page follows; also takes a split back."""
    into = request.form.get("into", type=int)
    if into is None:
        raise InputError(_("Choose the gap that this one is the same as."))
    with at_desk.opened() as desk:
        made = _done(arrange.merge(desk, gap_id, into))
    return _to(made.id, _("Merged. It can be taken back here, under “Put in order”."))


@blueprint.post("/separate")
@require(Permission.GAPS_DECIDE)
def separate(gap_id: int) -> Response:
    """Takes a merge back; the page of the gap that stands alone again follows."""
    with at_desk.opened() as desk:
        made = _done(arrange.separate(desk, gap_id))
    return _to(made.id, _("The merge is taken back: this gap stands alone again."))


@blueprint.post("/split")
@require(Permission.GAPS_DECIDE)
def split(gap_id: int) -> Response:
    """The chosen tickets become a gap of their own, whose page follows."""
    tickets = frozenset(request.form.getlist("ticket", type=int))
    with at_desk.opened() as desk:
        made = _done(arrange.split(desk, gap_id, tickets, field("title")))
    return _to(made.id, _("Split off. It can be put back here, under “Put in order”."))


def _done(outcome: Gap | NotArranged) -> Gap:
    if isinstance(outcome, Gap):
        return outcome
    words = {
        "same": _("A gap cannot be merged into itself."),
        "merged": _("One of the gaps was merged into another; go on there."),
        "alone": _("This gap was not merged into another."),
        "tickets": _("Choose some of the tickets: not none of them, and not all."),
    }
    raise InputError(words[outcome.reason])


def _to(gap_id: int, message: str) -> Response:
    flash(message)
    return redirect(url_for("gaps.show", gap_id=gap_id), 303)
