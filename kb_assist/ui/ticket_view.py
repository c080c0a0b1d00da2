"""Everything a ticket page shows beside suggestions, read in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from flask import render_template, request
from sqlalchemy import Connection

from kb_assist.correlation import surges_store
from kb_assist.correlation.match import Match, SurgeMatch, matches, surge_matches
from kb_assist.correlation.surges_store import Surge
from kb_assist.edge import current
from kb_assist.errors import NotFoundError
from kb_assist.gaps import store as gaps_store
from kb_assist.gaps.model import Gap
from kb_assist.guides import database_store
from kb_assist.guides.database_store import SessionRow
from kb_assist.monitoring import outages_store
from kb_assist.monitoring.outage_model import Outage
from kb_assist.tickets import attachments_store, comments_store, events_store, links_store, store
from kb_assist.tickets.attachments_store import Attachment
from kb_assist.tickets.handover import store as handover_store
from kb_assist.tickets.handover.model import Handover
from kb_assist.tickets.lifecycle import Action, Refused, allowed
from kb_assist.tickets.model import (
    ArticleLink,
    Comment,
    Conflict,
    Event,
    RecordRole,
    Ticket,
    TicketLink,
)
from kb_assist.tickets.records import store as records_store
from kb_assist.tickets.records.model import Ci, Client
from kb_assist.ui.people import People, people

# More are one click away, on the item's or client's own page.
_RECENT = 5


@dataclass(frozen=True, slots=True)
class LinkedCi:
    ci: Ci
    role: RecordRole
    recent: tuple[Ticket, ...]
    """Other tickets of the item, newest first."""


@dataclass(frozen=True, slots=True)
class TicketPage:
    ticket: Ticket
    comments: tuple[Comment, ...]
    events: tuple[Event, ...]
    """Newest first."""
    links: tuple[TicketLink, ...]
    articles: tuple[ArticleLink, ...]
    cis: tuple[LinkedCi, ...]
    client: Client | None
    client_recent: tuple[Ticket, ...]
    attachments: tuple[Attachment, ...]
    guides: tuple[SessionRow, ...]
    handovers: tuple[Handover, ...]
    waiting: Handover | None
    actions: tuple[Action, ...]
    people: People
    outages: tuple[Outage, ...]
    """Those it is linked to."""
    matches: tuple[Match, ...]
    """Open outages that it may be about."""
    surges: tuple[Surge, ...]
    """Those it belongs to."""
    surge_matches: tuple[SurgeMatch, ...]
    gap: Gap | None
    """What the documentation lacks for it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page says beside the ticket itself."""

    conflict: Conflict | None = None
    refused: Refused | None = None
    message: str = ""
    opened: str = ""
    """The verb whose form is open."""
    kept: dict[str, str] = field(default_factory=dict)
    """What was typed into a form that could not be carried out."""


def read_page(connection: Connection, ticket_id: int) -> TicketPage:
    """Raises NotFoundError."""
    ticket = store.get(connection, ticket_id)
    return TicketPage(
        ticket=ticket,
        comments=comments_store.of_ticket(connection, ticket_id),
        events=tuple(reversed(events_store.of_ticket(connection, ticket_id))),
        links=links_store.relations_of(connection, ticket_id),
        articles=links_store.articles_of(connection, ticket_id),
        cis=_cis(connection, ticket_id),
        client=_client(connection, ticket.client_id),
        client_recent=_of_client(connection, ticket),
        attachments=attachments_store.of_ticket(connection, ticket_id),
        guides=database_store.of_ticket(connection, ticket_id),
        handovers=handover_store.of_ticket(connection, ticket_id),
        waiting=handover_store.waiting(connection, ticket_id),
        actions=allowed(ticket, links_store.hindrances(connection, ticket_id)),
        people=people(connection),
        outages=outages_store.of_ticket(connection, ticket_id),
        matches=matches(connection, ticket),
        surges=surges_store.of_ticket(connection, ticket_id),
        surge_matches=surge_matches(connection, ticket),
        gap=gaps_store.of_ticket(connection, ticket_id),
    )


def render_work(ticket_id: int, shown: Shown | None = None) -> str:
    """The part of the page that changes when somebody works on the ticket."""
    with current.services().database.read() as connection:
        page = read_page(connection, ticket_id)
    return render_template("tickets/work.html", **template_values(page, shown or Shown()))


def template_values(page: TicketPage, shown: Shown) -> dict[str, Any]:
    return {
        "page": page,
        "ticket": page.ticket,
        "people": page.people,
        "shown": shown,
        "titles": _titles(page.articles),
        "guide_titles": _guide_titles(page.guides),
    }


def is_fragment() -> bool:
    """Whether a script asks for a part of the page only."""
    return bool(request.headers.get("X-Fragment"))


def toast_header(message: str) -> dict[str, str]:
    """A message for the script that asked; percent-encoded, because headers are Latin-1."""
    return {"X-Toast": quote(message)}


def _cis(connection: Connection, ticket_id: int) -> tuple[LinkedCi, ...]:
    """The primary item first."""
    roles = links_store.ci_roles(connection, ticket_id)
    known = records_store.cis_of(connection, list(roles))
    ordered = sorted(known, key=lambda key: (roles[key] is not RecordRole.PRIMARY, known[key].key))
    return tuple(
        LinkedCi(known[key], roles[key], _others(connection, key, ticket_id)) for key in ordered
    )


def _others(connection: Connection, ci_id: int, ticket_id: int) -> tuple[Ticket, ...]:
    recent = records_store.recent_tickets_of_ci(connection, ci_id, limit=_RECENT + 1)
    return tuple(t for t in recent if t.id != ticket_id)[:_RECENT]


def _client(connection: Connection, client_id: int | None) -> Client | None:
    return None if client_id is None else records_store.client(connection, client_id)


def _of_client(connection: Connection, ticket: Ticket) -> tuple[Ticket, ...]:
    if ticket.client_id is None:
        return ()
    recent = records_store.recent_tickets_of_client(connection, ticket.client_id, limit=_RECENT + 1)
    return tuple(t for t in recent if t.id != ticket.id)[:_RECENT]


def _guide_titles(rows: tuple[SessionRow, ...]) -> dict[str, str]:
    """Titles of guides as they are now; one that is gone keeps its id."""
    guides = current.services().guides.now().guides if rows else {}
    lang = current.language()
    return {
        row.guide: guides[row.guide].text(lang).title if row.guide in guides else row.guide
        for row in rows
    }


def _titles(articles: tuple[ArticleLink, ...]) -> dict[str, str]:
    """Titles of linked articles that the reader may see; an article may have gone since."""
    titles: dict[str, str] = {}
    if not articles:
        return titles
    snapshot = current.services().engine.searcher().snapshot
    for link in articles:
        try:
            article = snapshot.article(link.article_id)
        except NotFoundError:
            continue
        if current.audience().may_read(article.audience):
            titles[link.article_id] = article.title
    return titles
