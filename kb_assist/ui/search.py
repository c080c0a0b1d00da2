"""The search page: typed words and pasted tickets in, suggestion cards out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from kb_assist.edge import current
from kb_assist.errors import KbError
from kb_assist.retrieval.model import Answer
from kb_assist.retrieval.query import MAX_CHARACTERS
from kb_assist.ui.samples import sample_tickets

blueprint = Blueprint("search", __name__)

# What a person types is one short line; anything else is a ticket and is cleaned first.
_LONGEST_TYPED = 300


@blueprint.get("/")
def page() -> str:
    """The whole page; with ``?q=`` it works without JavaScript."""
    text = request.args.get("q", "")
    return render_template("search/page.html", samples=sample_tickets(), **_answered(text))


@blueprint.get("/search/results")
def results() -> str:
    """The result list alone, while somebody types."""
    return render_template("search/results.html", **_answered(request.args.get("q", "")))


@blueprint.post("/suggest")
def suggest() -> str:
    """A ticket; the fragment for scripts, else the whole page."""
    text = request.form.get("q", "")
    answered = _answered(text, ticket=True)
    if request.headers.get("X-Fragment"):
        return render_template("search/results.html", **answered)
    return render_template("search/page.html", samples=sample_tickets(), **answered)


def is_ticket(text: str) -> bool:
    return "\n" in text.strip() or len(text) > _LONGEST_TYPED


def _answered(text: str, *, ticket: bool = False) -> dict[str, Any]:
    """What the templates show. An index fault is a message in the place of the results."""
    shown: dict[str, Any] = {"text": text[:MAX_CHARACTERS], "answer": None, "fault": None}
    if not text.strip():
        return shown
    try:
        answer = _ask(text, ticket=ticket or is_ticket(text))
        precision = current.services().engine.searcher().parameters.calibration.precision
    except KbError as fault:
        return shown | {"fault": fault}
    return shown | {"answer": answer, "precision": precision}


def _ask(text: str, *, ticket: bool) -> Answer:
    engine = current.services().engine
    reader, language = current.audience(), current.language()
    if not ticket:
        return engine.searcher().search(text, audience=reader, reader_language=language)
    answer = engine.searcher().suggest(text, audience=reader, reader_language=language)
    engine.after_suggesting()
    return answer
