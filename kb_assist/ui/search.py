"""The search page: typed words and pasted tickets in, suggestion cards out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from kb_assist.auth.model import Permission
from kb_assist.edge import current
from kb_assist.edge.guards import require
from kb_assist.errors import KbError
from kb_assist.retrieval.model import Answer
from kb_assist.retrieval.query import MAX_CHARACTERS
from kb_assist.ui.results import cards, measured_share
from kb_assist.ui.samples import sample_tickets

blueprint = Blueprint("search", __name__)

# What a person types is one short line; anything else is a ticket and is cleaned first.
LONGEST_TYPED = 300


@blueprint.get("/")
@require(Permission.SEARCH)
def page() -> str:
    """The whole page; with ``?q=`` it works without JavaScript."""
    return _page(_answered(request.args.get("q", "")))


@blueprint.get("/search/results")
@require(Permission.SEARCH)
def results() -> str:
    """The result list alone, while somebody types."""
    return render_template("search/results.html", **_answered(request.args.get("q", "")))


@blueprint.post("/suggest")
@require(Permission.SEARCH)
def suggest() -> str:
    """A ticket; the fragment for scripts, else the whole page.

    A ``draft`` is still being typed; only complete tickets teach the search what tickets are like.
    """
    answered = _answered(
        request.form.get("q", ""), ticket=True, learn=not request.form.get("draft")
    )
    if request.headers.get("X-Fragment"):
        return render_template("search/results.html", **answered)
    return _page(answered)


def is_ticket(text: str) -> bool:
    return "\n" in text.strip() or len(text) > LONGEST_TYPED


def _page(answered: dict[str, Any]) -> str:
    return render_template(
        "search/page.html",
        samples=sample_tickets(),
        longest_typed=LONGEST_TYPED,
        **answered,
    )


def _answered(text: str, *, ticket: bool = False, learn: bool = False) -> dict[str, Any]:
    """What the templates show. An index fault is a message in the place of the results."""
    shown: dict[str, Any] = {"text": text[:MAX_CHARACTERS], "answer": None, "fault": None}
    if not text.strip():
        return shown
    try:
        answer = _ask(text, ticket=ticket or is_ticket(text), learn=learn)
        precision = current.services().engine.searcher().parameters.calibration.precision
    except KbError as fault:
        return shown | {"fault": fault}
    return shown | {
        "answer": answer,
        "cards": cards(answer, current.audience()),
        "measured": measured_share(precision, answer.strength),
    }


def _ask(text: str, *, ticket: bool, learn: bool) -> Answer:
    engine = current.services().engine
    searcher = engine.searcher()
    reader, language = current.audience(), current.language()
    if not ticket:
        return searcher.search(text, audience=reader, reader_language=language)
    answer = searcher.suggest(text, audience=reader, reader_language=language, learn=learn)
    if learn:
        engine.after_suggesting()
    return answer
