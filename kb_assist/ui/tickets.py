"""Ticket pages: one ticket, a new ticket, what helps with it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from kb_assist.auth.model import Permission
from kb_assist.correlation import alike
from kb_assist.edge import current
from kb_assist.edge import desk as at_desk
from kb_assist.edge.guards import require
from kb_assist.edge.guiding import published
from kb_assist.errors import IndexUnavailableError
from kb_assist.monitoring.surges import Floats
from kb_assist.retrieval.model import Answer, Strength
from kb_assist.tickets import comments_store, feedback, intake, store, suggest
from kb_assist.tickets.model import Channel, CommentKind, Draft
from kb_assist.tickets.similar import SimilarTicket
from kb_assist.tickets.suggest import Question
from kb_assist.ui import guide_offers
from kb_assist.ui.guide_offers import OfferCard
from kb_assist.ui.people import people
from kb_assist.ui.results import cards
from kb_assist.ui.ticket_view import Shown, read_page, render_work, template_values

blueprint = Blueprint("tickets", __name__, url_prefix="/tickets")

# Beside a ticket fewer cards are read than on the search page.
_CARDS = 5
_SEARCH_CARDS = 8


@blueprint.get("/<int:ticket_id>")
@require(Permission.TICKET_READ)
def show(ticket_id: int) -> str:
    """The page comes at once; suggestions follow, or with ``?help=1`` come along."""
    _note_alike(ticket_id)
    with current.services().database.read() as connection:
        page = read_page(connection, ticket_id)
    shown = Shown(opened=request.args.get("open", ""), kept=dict(request.args.items()))
    inline = _suggestions(ticket_id) if request.args.get("help") else ""
    return render_template("tickets/page.html", **template_values(page, shown), suggestions=inline)


@blueprint.get("/new")
@require(Permission.TICKET_WORK)
def new() -> str:
    with current.services().database.read() as connection:
        names = people(connection)
    return render_template(
        "tickets/new.html", people=names, channels=list(Channel), kept=request.args
    )


@blueprint.post("")
@require(Permission.TICKET_WORK)
def create() -> Response | tuple[str, int]:
    form = request.form
    if not (form.get("subject", "").strip() or form.get("body", "").strip()):
        with current.services().database.read() as connection:
            names = people(connection)
        fault = _("Write what the problem is.")
        page = render_template(
            "tickets/new.html", people=names, channels=list(Channel), kept=form, fault=fault
        )
        return page, 422
    with at_desk.opened() as desk:
        made = intake.create(desk, _draft())
    flash(_("%(number)s is created.", number=made.ticket.number))
    return redirect(url_for("tickets.show", ticket_id=made.ticket.id), 303)


@blueprint.get("/<int:ticket_id>/suggestions")
@require(Permission.TICKET_READ)
def suggestions(ticket_id: int) -> str:
    """The suggestions alone; ``?q=`` searches for other words instead."""
    return _suggestions(ticket_id)


@blueprint.get("/<int:ticket_id>/pulse")
@require(Permission.TICKET_READ)
def pulse(ticket_id: int) -> dict[str, int]:
    """Asked by an open page now and then: has the ticket, or what the requester says, changed?"""
    with current.services().database.read() as connection:
        ticket = store.get(connection, ticket_id)
        comments = comments_store.of_ticket(connection, ticket_id)
    said = sum(comment.kind is CommentKind.REQUESTER for comment in comments)
    return {"version": ticket.version, "comments": len(comments), "said": said}


@blueprint.get("/<int:ticket_id>/work")
@require(Permission.TICKET_READ)
def work(ticket_id: int) -> str:
    """The ticket without suggestions, for a page that learned of a change."""
    return render_work(ticket_id)


def _note_alike(ticket_id: int) -> None:
    """Keep which open outages and surges it resembles; costs nothing while there are none."""
    services = current.services()
    with services.database.read() as connection:
        compared = alike.comparison(connection, ticket_id)
    if compared is None:
        return
    try:
        searcher = services.engine.searcher()
    except IndexUnavailableError:
        return

    def direction(asked: Question) -> Floats | None:
        vector = suggest.vector(searcher, asked)
        if vector is None:
            return None
        return searcher.centre.centred(vector, asked.ticket.language)

    found = alike.resembled(compared, direction)
    if found.outages or found.surge:
        with services.database.write() as connection:
            alike.note(connection, ticket_id, found)


def _draft() -> Draft:
    form = request.form
    return Draft(
        subject=form.get("subject", ""),
        body=form.get("body", "").replace("\r\n", "\n"),
        channel=_channel(form.get("channel", "")),
        impact=_on_scale(form.get("impact", 3, type=int)),
        urgency=_on_scale(form.get("urgency", 2, type=int)),
        requester_name=form.get("requester_name", "").strip(),
        requester_email=form.get("requester_email", "").strip(),
        product=form.get("product", "").strip(),
        group_id=form.get("group_id", type=int),
    )


def _channel(value: str) -> Channel:
    return Channel(value) if value in set(Channel) else Channel.PHONE


def _on_scale(value: int) -> int:
    """Forms offer 1 to 3; anything else was not made by the form."""
    return min(max(value, 1), 3)


def _suggestions(ticket_id: int) -> str:
    """Search outside a transaction: the model takes its time and must not hold the database."""
    services = current.services()
    typed = request.args.get("q", "").strip()
    with services.database.read() as connection:
        asked = suggest.question(connection, ticket_id)
    try:
        answer, similar = _ask(asked, typed)
    except IndexUnavailableError as error:
        offers = _guides(asked, None)
        return render_template(
            "tickets/suggestions.html",
            fault=error,
            ticket=asked.ticket,
            offers=offers,
            has_guides=bool(published()),
        )
    offers = [] if typed else _guides(asked, answer)
    with at_desk.opened() as desk:
        if typed and answer.strength is Strength.NONE:
            feedback.failed_search(desk, ticket_id, answer)
        feedback.impressions(desk, ticket_id, answer, similar)
    return render_template(
        "tickets/suggestions.html",
        ticket=asked.ticket,
        answer=answer,
        cards=cards(answer, current.audience()),
        similar=similar,
        typed=typed,
        offers=offers,
        has_guides=bool(published()),
    )


def _guides(asked: Question, answer: Answer | None) -> list[OfferCard]:
    """Guides that fit, for those who may run them."""
    if not current.principal().may(Permission.GUIDES_RUN):
        return []
    cards = guide_offers.fitting(asked, answer)
    guide_offers.note_shown(asked.ticket.id, cards)
    return cards


def _ask(asked: Question, typed: str) -> tuple[Answer, tuple[SimilarTicket, ...]]:
    services = current.services()
    searcher = services.engine.searcher()
    if typed:
        answer = searcher.search(
            typed,
            audience=current.audience(),
            reader_language=current.language(),
            limit=_SEARCH_CARDS,
        )
        return answer, ()
    answer = suggest.articles(searcher, asked, at_desk.reader(), limit=_CARDS)
    services.engine.after_suggesting()
    near = suggest.meaning(searcher, asked, services.ticket_vectors)
    with services.database.read() as connection:
        return answer, suggest.similar(connection, asked, near)
