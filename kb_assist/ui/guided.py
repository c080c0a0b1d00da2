"""A running guide at the customer's end of a link: no sign-in, nothing that is for agents."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for

from kb_assist.edge import current
from kb_assist.edge.guiding import customer_runs, customer_session, session_of, status_of
from kb_assist.errors import NotFoundError
from kb_assist.guides import database_store
from kb_assist.guides.model import Channel, Kind
from kb_assist.guides.replay import step_at
from kb_assist.guides.run import Refusal, RefusalCode, StillTrue
from kb_assist.guides.sessions import Current
from kb_assist.guides.transcript import transcribe
from kb_assist.ui import guide_texts
from kb_assist.ui.guide_answers import NotTaken, submit_answer
from kb_assist.ui.guide_view import Said, shown_step
from kb_assist.ui.ticket_view import is_fragment

blueprint = Blueprint("guided", __name__, url_prefix="/g/<token>")


def _with_session(view: Callable[..., Any]) -> Callable[..., Any]:
    """Exchange the token of the address for its session, or say that the link is gone."""

    @wraps(view)
    def opened(token: str) -> Any:
        try:
            return view(token, session_of(token))
        except NotFoundError:
            return render_template("guided/gone.html"), 404

    return opened


@blueprint.get("")
@_with_session
def show(token: str, session: str) -> Any:
    return _page(token, session, at=request.args.get("at", ""))


@blueprint.post("/answer")
@_with_session
def answer(token: str, session: str) -> Any:
    with customer_runs(session) as opened:
        row = database_store.row_of(opened.desk.connection, session)
        result = submit_answer(opened, session, row.ticket_id if row else None)
    if isinstance(result, NotTaken):
        said = Said(fault=result.words, typed=result.typed)
        return _page(token, session, at=request.form.get("key", ""), said=said), 422
    return _after(token, session, result)


@blueprint.post("/still-true")
@_with_session
def still_true(token: str, session: str) -> Any:
    command = StillTrue(request.form.get("key", ""))
    with customer_runs(session) as opened:
        result = opened.send(session, command, request.form.get("seen", 0, type=int))
    return _after(token, session, result)


@blueprint.get("/progress")
@_with_session
def progress(token: str, session: str) -> Any:
    return jsonify({"seq": customer_session(session)[1].state.seq})


def _after(token: str, session: str, result: Current | Refusal) -> Any:
    if isinstance(result, Refusal):
        return _page(token, session, said=Said(refusal=result.code)), int(status_of(result))
    if is_fragment():
        return _page(token, session)
    return redirect(url_for("guided.show", token=token), 303)


def _page(token: str, session: str, *, at: str = "", said: Said | None = None) -> str:
    lang = current.language()
    row, now = customer_session(session)
    told = transcribe(now.bundle, now.state, lang=lang, channel=Channel.CUSTOMER)
    visit = now.trace.visit(at) if at in {row.key for row in told.rows} else None
    place = visit.place if visit else now.trace.current or now.trace.outcome
    shown = None
    if place is not None:
        shown = shown_step(now, place, lang=lang, channel=Channel.CUSTOMER)
    said = said or Said()
    is_over = now.state.ended is not None or now.must_migrate
    template = "guided/part.html" if is_fragment() else "guided/page.html"
    return render_template(
        template,
        token=token,
        title=told.title,
        seq=now.state.seq,
        shown=shown,
        said=said,
        conflict=said.refusal in (RefusalCode.STALE, RefusalCode.NOT_HERE),
        told=told,
        has_ticket=row.ticket_id is not None,
        inline=guide_texts.inline,
        is_over=is_over,
        is_outcome=place is not None and step_at(now.bundle, place).kind is Kind.END,
    )
