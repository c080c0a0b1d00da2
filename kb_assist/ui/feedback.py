"""What people say about suggestions on a ticket page, and what follows from it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _

from kb_assist.auth.model import Permission
from kb_assist.edge import current
from kb_assist.edge import desk as at_desk
from kb_assist.edge.guards import require
from kb_assist.errors import InputError, NotFoundError
from kb_assist.tickets import feedback, store
from kb_assist.tickets.feedback_model import Signal, SignalKind, SubjectKind
from kb_assist.tickets.model import Ticket
from kb_assist.ui.ticket_view import Shown, is_fragment, render_work, toast_header

blueprint = Blueprint("feedback", __name__, url_prefix="/tickets/<int:ticket_id>/feedback")


@blueprint.post("")
@require(Permission.TICKET_WORK)
def tell(ticket_id: int) -> Any:
    """Keep the signal; "solved it" opens the resolve form with the solution filled in."""
    signal = _signal()
    with at_desk.opened() as desk:
        feedback.tell(desk, ticket_id, signal)
        ticket = store.get(desk.connection, ticket_id)
    if signal.kind is SignalKind.OPEN:
        return "", 204
    kept = _resolution(signal) if signal.kind is SignalKind.SOLVED and ticket.is_open else {}
    message = _thanks(signal.kind, is_open=ticket.is_open)
    if is_fragment():
        shown = Shown(opened="resolve" if kept else "", kept=kept)
        return render_work(ticket_id, shown), 200, toast_header(message)
    flash(message)
    return redirect(_next_page(ticket, signal, kept), 303)


def _signal() -> Signal:
    form = request.form
    try:
        kind = SignalKind(form.get("kind", ""))
        subject_kind = SubjectKind(form.get("subject_kind") or SubjectKind.ARTICLE.value)
    except ValueError:
        raise InputError(_("The form is not readable.")) from None
    return Signal(
        kind=kind,
        subject_kind=subject_kind,
        subject_id=form.get("subject_id", "")[:200],
        passage=form.get("passage", "")[:200],
        rank=form.get("rank", type=int),
        strength=form.get("strength", "")[:20],
        generation=form.get("generation", "")[:60],
        query=form.get("query", "")[: feedback.MAX_QUERY_CHARACTERS],
    )


def _resolution(signal: Signal) -> dict[str, str]:
    """What the resolve form says when an article or an earlier ticket solved it."""
    if signal.subject_kind is SubjectKind.TICKET:
        return _copied(signal.subject_id)
    try:
        article = current.services().engine.searcher().snapshot.article(signal.subject_id)
    except NotFoundError:
        return {"resolution_code": "fixed"}
    # An id that is only the path says nothing to people.
    is_named = article.id != article.path.removesuffix(".md")
    named = f"{article.id}: {article.title}" if is_named else f"“{article.title}”"
    text = _("Solved with %(article)s", article=named)
    return {"resolution_code": "fixed", "resolution_text": text}


def _copied(number: str) -> dict[str, str]:
    """The solution of a similar ticket."""
    digits = number.removeprefix("T-")
    with current.services().database.read() as connection:
        found = store.find(connection, int(digits)) if digits.isdigit() else None
    if found is None:
        return {"resolution_code": "fixed"}
    code = found.resolution_code.value if found.resolution_code else "fixed"
    return {"resolution_code": code, "resolution_text": found.resolution_text}


def _thanks(kind: SignalKind, *, is_open: bool) -> str:
    if kind is SignalKind.SOLVED and not is_open:
        return str(_("Noted: it helped."))
    words = {
        SignalKind.LINK: _("The article is linked."),
        SignalKind.INSERT: _("The passage is in your answer."),
        SignalKind.SOLVED: _("Good. Check the solution and resolve the ticket."),
        SignalKind.DID_NOT_HELP: _("Noted: it did not help."),
        SignalKind.DISMISS: _("Noted."),
        SignalKind.NONE_OF_THESE: _("Noted. The content owners will see what is missing."),
    }
    return str(words.get(kind, _("Noted.")))


def _next_page(ticket: Ticket, signal: Signal, kept: dict[str, str]) -> str:
    """Without a script: the same page with the right form open."""
    if kept:
        values: dict[str, Any] = {"open": "resolve", **kept}
        return url_for("tickets.show", ticket_id=ticket.id, **values)
    if signal.kind is SignalKind.INSERT:
        quote = request.form.get("quote", "")[:2_000]
        return url_for("tickets.show", ticket_id=ticket.id, open="write", body=quote)
    return url_for("tickets.show", ticket_id=ticket.id, help=1)
