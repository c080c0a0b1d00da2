"""The command palette: places, tickets and articles by a few letters."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request, url_for
from flask_babel import gettext as _

from kb_assist.auth.model import Permission
from kb_assist.edge import current
from kb_assist.edge import desk as at_desk
from kb_assist.edge.guards import require
from kb_assist.errors import KbError
from kb_assist.text import fold
from kb_assist.tickets import queue
from kb_assist.tickets.queue_model import Order, QueueQuery, View

blueprint = Blueprint("palette", __name__, url_prefix="/palette")

_TICKETS = 6
_ARTICLES = 6
_GUIDES = 4
_MOST_LETTERS = 200


@blueprint.get("")
@require(Permission.SEARCH)
def find() -> Any:
    """Entries as ``label``, ``hint`` and ``address``, at most twenty."""
    typed = request.args.get("q", "").strip()[:_MOST_LETTERS]
    return jsonify([*_places(typed), *_tickets(typed), *_guides(typed), *_articles(typed)])


def _places(typed: str) -> list[dict[str, str]]:
    may = current.principal().may
    places = [(_("Search"), url_for("search.page")), (_("Articles"), url_for("articles.browse"))]
    if may(Permission.TICKET_READ):
        places.insert(0, (_("Tickets"), url_for("queue.page")))
        places.append((_("My tickets"), url_for("queue.page", view="my")))
        places.append((_("Overdue"), url_for("queue.page", view="breached")))
    if may(Permission.GUIDES_RUN):
        places.append((_("Guides"), url_for("guides.library")))
    if may(Permission.GAPS_READ):
        places.append((_("Gaps"), url_for("gaps.board")))
        places.append((_("Content health"), url_for("article_health.board")))
        places.append((_("Hand-overs to L2"), url_for("escalations.page")))
    if may(Permission.STATUS_READ):
        places.append((_("Status"), url_for("status.board")))
        places.append((_("Morning checklist"), url_for("checklist.today")))
        places.append((_("Tools"), url_for("status_tools.listing")))
    if may(Permission.TICKET_WORK):
        places.append((_("New ticket"), url_for("tickets.new")))
    if may(Permission.ACCOUNT_OWN):
        places.append((_("Your account"), url_for("account.page")))
    wanted = fold(typed)
    return [_entry(name, _("Place"), to) for name, to in places if wanted in fold(name)]


def _tickets(typed: str) -> list[dict[str, str]]:
    if not typed or not current.principal().may(Permission.TICKET_READ):
        return []
    query = QueueQuery(view=View.ALL, text=typed, order=Order.UPDATED)
    with current.services().database.read() as connection:
        found = queue.look(connection, query, viewer=at_desk.viewer(), limit=_TICKETS)
    return [
        _entry(f"{t.number} {t.subject}", _("Ticket"), url_for("tickets.show", ticket_id=t.id))
        for t in found.rows
    ]


def _guides(typed: str) -> list[dict[str, str]]:
    words = fold(typed).split()
    if not words or not current.principal().may(Permission.GUIDES_RUN):
        return []
    found = current.services().guides.now().guides.values()
    titles = [(guide.id, guide.text(current.language()).title) for guide in found]
    return [
        _entry(title, _("Guide"), url_for("guides.guide", guide_id=key))
        for key, title in titles
        if all(word in fold(title) for word in words)
    ][:_GUIDES]


def _articles(typed: str) -> list[dict[str, str]]:
    """By title only: fast, and whoever wants more uses the search."""
    words = fold(typed).split()
    if not words:
        return []
    try:
        snapshot = current.services().engine.searcher().snapshot
    except KbError:
        return []
    reader = current.audience()
    found: list[dict[str, str]] = []
    for article in snapshot.articles():
        title = fold(f"{article.id} {article.title}")
        if all(word in title for word in words) and reader.may_read(article.audience):
            to = url_for("articles.read", article_id=article.id)
            found.append(_entry(article.title, _("Article"), to))
            if len(found) == _ARTICLES:
                break
    return found


def _entry(label: str, hint: str, address: str) -> dict[str, str]:
    return {"label": label, "hint": hint, "address": address}
