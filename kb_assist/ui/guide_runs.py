"""A running guide in an agent's hands: one step at a time, and what is done beside answering."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from kb_assist.auth.model import Permission
from kb_assist.edge import current
from kb_assist.edge.guards import require
from kb_assist.edge.guiding import (
    insist_to_work,
    make_link,
    opened_session,
    readable_row,
    runs,
    signed,
    status_of,
)
from kb_assist.guides import links_store
from kb_assist.guides.database_store import SessionRow
from kb_assist.guides.model import Outcome
from kb_assist.guides.run import (
    AddNote,
    Command,
    HandOver,
    Refusal,
    RefusalCode,
    Reopen,
    Resume,
    StillTrue,
)
from kb_assist.guides.sessions import Current
from kb_assist.guides.transcript import Transcript, as_markdown, transcribe
from kb_assist.text import fold
from kb_assist.tickets.guiding import Runs
from kb_assist.ui import guide_texts
from kb_assist.ui.guide_answers import NotTaken, submit_answer
from kb_assist.ui.guide_view import RunPage, Said, doubted_value, read_run
from kb_assist.ui.people import People, people
from kb_assist.ui.ticket_view import is_fragment, toast_header

blueprint = Blueprint("guide_runs", __name__, url_prefix="/guides/runs/<session>")


@blueprint.get("")
@require(Permission.GUIDES_RUN)
def show(session: str) -> str:
    """``?at=`` looks at an earlier step again, to change its answer."""
    return _page(session, at=request.args.get("at", ""))


@blueprint.post("/answer")
@require(Permission.GUIDES_RUN)
def answer(session: str) -> Any:
    with runs() as opened:
        row = _workable(opened, session)
        result = submit_answer(opened, session, row.ticket_id)
    if isinstance(result, NotTaken):
        said = Said(fault=result.words, typed=result.typed)
        return _page(session, at=request.form.get("key", ""), said=said), 422
    return _after(session, result)


@blueprint.post("/still-true")
@require(Permission.GUIDES_RUN)
def still_true(session: str) -> Any:
    """Take a doubted answer as it was."""
    return _send(session, StillTrue(request.form.get("key", "")))


@blueprint.post("/resume")
@require(Permission.GUIDES_RUN)
def resume(session: str) -> Any:
    """Go on after a long pause; what may have changed since is asked again."""
    return _send(session, Resume())


@blueprint.post("/note")
@require(Permission.GUIDES_RUN)
def note(session: str) -> Any:
    form = request.form
    text = form.get("text", "").replace("\r\n", "\n")
    return _send(session, AddNote(text, form.get("key", "")), done=_("The note is kept."))


@blueprint.post("/hand-over")
@require(Permission.GUIDES_RUN)
def hand_over(session: str) -> Any:
    """To a colleague, who goes on where this person stops."""
    to = request.form.get("to", "").strip()[:200]
    with current.services().database.read() as connection:
        known = {user.display_name for user in people(connection).assignable}
    if to not in known:
        return _page(session, said=Said(fault=_("Choose a colleague."))), 422
    return _send(session, HandOver(to), done=_("%(name)s goes on with this guide.", name=to))


@blueprint.post("/reopen")
@require(Permission.GUIDES_RUN)
def reopen(session: str) -> Any:
    return _send(session, Reopen(), done=_("The guide is open again."))


@blueprint.post("/new-version")
@require(Permission.GUIDES_RUN)
def new_version(session: str) -> Any:
    with runs() as opened:
        _workable(opened, session)
        result = opened.use_new_version(session, _seen())
    return _after(session, result, done=_("The run uses the newest version now."))


@blueprint.post("/link")
@require(Permission.GUIDES_RUN)
def link(session: str) -> Any:
    """A link for the customer; one made earlier stops working."""
    with runs() as opened:
        _workable(opened, session)
        connection, by = opened.desk.connection, opened.desk.actor.name
        if request.form.get("withdraw"):
            links_store.withdraw(connection, session, at=opened.desk.now)
        else:
            make_link(connection, session, by)
    return _done(session, "")


@blueprint.post("/end")
@require(Permission.GUIDES_RUN)
def end(session: str) -> Any:
    """Confirm the outcome; at a ticket the fitting next page opens, filled in."""
    with runs() as opened:
        row = _workable(opened, session)
        result = opened.finish(session, _seen(), lang=current.language())
        names = people(opened.desk.connection)
    if isinstance(result, Refusal):
        return _after(session, result)
    flash(_("The guide is finished."))
    if row.ticket_id is None:
        return redirect(url_for("guide_runs.show", session=session), 303)
    told = transcribe(result.bundle, result.state, lang=current.language())
    return redirect(_next_page(row.ticket_id, told, names), 303)


@blueprint.post("/give-up")
@require(Permission.GUIDES_RUN)
def give_up(session: str) -> Any:
    """None of this helped: kept as a signal, and what was tried stays with the ticket."""
    words = _("Stopped: the guide did not help.")
    with runs() as opened:
        row = _workable(opened, session)
        result = opened.give_up(session, _seen(), note=words, lang=current.language())
    if isinstance(result, Refusal):
        return _after(session, result)
    flash(_("Noted. What was tried is kept."))
    if row.ticket_id is None:
        return redirect(url_for("guides.library"), 303)
    return redirect(url_for("tickets.show", ticket_id=row.ticket_id), 303)


@blueprint.get("/progress")
@require(Permission.GUIDES_RUN)
def progress(session: str) -> Response:
    """The number of the last event, for pages that wait for the other side."""
    with current.services().database.read() as connection:
        _, now = opened_session(connection, session)
    return jsonify({"seq": now.state.seq})


@blueprint.get("/transcript.md")
@require(Permission.GUIDES_RUN)
def transcript(session: str) -> Response:
    with current.services().database.read() as connection:
        _, now = opened_session(connection, session)
    text = as_markdown(transcribe(now.bundle, now.state, lang=current.language()))
    return Response(text, content_type="text/markdown; charset=utf-8")


def _send(session: str, command: Command, *, at: str = "", done: str = "") -> Any:
    with runs() as opened:
        _workable(opened, session)
        result = opened.send(session, command, _seen())
    return _after(session, result, at=at, done=done)


def _workable(opened: Runs, session: str) -> SessionRow:
    row = readable_row(opened.desk.connection, session)
    insist_to_work(row)
    return row


def _seen() -> int:
    return request.form.get("seen", 0, type=int)


def _after(session: str, result: Current | Refusal, *, at: str = "", done: str = "") -> Any:
    """The page as it stands now; a refusal says why nothing happened."""
    if isinstance(result, Refusal):
        return _page(session, said=Said(refusal=result.code)), int(status_of(result))
    return _done(session, done, at=at)


def _done(session: str, message: str, *, at: str = "") -> Any:
    if is_fragment():
        headers = toast_header(message) if message else {}
        return _page(session, at=at), 200, headers
    if message:
        flash(message)
    return redirect(url_for("guide_runs.show", session=session, at=at or None), 303)


def _page(session: str, *, at: str = "", said: Said | None = None) -> str:
    with current.services().database.read() as connection:
        page = read_run(connection, session, at=at, said=said)
    template = "guides/run_part.html" if is_fragment() else "guides/run.html"
    return render_template(template, **_values(page))


def _values(page: RunPage) -> dict[str, Any]:
    lang = current.language()
    articles = [found for key in page.articles[:3] if (found := guide_texts.readable(key))]
    address = ""
    if page.link is not None:
        path = url_for("guided.show", token=signed(page.link))
        address = current.public_address(path)
    return {
        "page": page,
        "shown": page.shown,
        "said": page.said,
        "conflict": page.said.refusal in (RefusalCode.STALE, RefusalCode.NOT_HERE),
        "inline": guide_texts.inline,
        "doubted": [
            (row, doubted_value(page.now, row.key, lang)) for row in page.transcript.doubted
        ],
        "articles": articles,
        "beside": guide_texts.body(articles[0]) if articles else "",
        "customer_address": address,
    }


def _next_page(ticket_id: int, told: Transcript, names: People) -> str:
    """Where an outcome is carried on."""
    if told.outcome == Outcome.RESOLVED:
        return url_for(
            "tickets.show",
            ticket_id=ticket_id,
            open="resolve",
            resolution_code="fixed",
            resolution_text=_resolution(told),
        )
    if told.outcome == Outcome.ESCALATE:
        return url_for("handover.prepare", ticket_id=ticket_id, group=_group(told, names))
    return url_for("tickets.show", ticket_id=ticket_id)


def _resolution(told: Transcript) -> str:
    """What solved it, from what was done."""
    done = [row.question for row in told.rows if row.is_action]
    text = _(
        "Solved with the guide “%(title)s”: %(outcome)s.",
        title=told.title,
        outcome=told.outcome_text.rstrip("."),
    )
    return "\n".join([text, *(f"- {question}" for question in done)])


def _group(told: Transcript, names: People) -> int | None:
    """The group whose name holds the queue's, on the level the guide asks for."""
    fitting = [g for g in names.groups.values() if g.support_level.value == told.to.lower()]
    named = [g for g in fitting if fold(told.queue) in fold(g.name)] if told.queue else []
    chosen = named or fitting
    return chosen[0].id if chosen else None
