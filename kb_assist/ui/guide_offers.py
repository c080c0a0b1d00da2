"""Guides that fit a ticket, with the reason in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kb_assist.edge import current
from kb_assist.edge import desk as at_desk
from kb_assist.errors import KbError
from kb_assist.guides import database_store
from kb_assist.guides.analytics import may_be_told
from kb_assist.guides.model import Guide
from kb_assist.guides.offer import Offer, Ticket
from kb_assist.retrieval.model import Answer, Strength
from kb_assist.tickets import guiding, suggest
from kb_assist.tickets.suggest import Question
from kb_assist.ui import guide_texts

_CARDS = 5


@dataclass(frozen=True, slots=True)
class OfferCard:
    guide: Guide
    title: str
    words: tuple[str, ...]
    category: str
    article: str
    """Title of the suggested article that the guide leads to; empty when there is none."""
    resolved: int
    sessions: int
    """So many sessions of the guide ended with "resolved"."""


def fitting(asked: Question, answer: Answer | None) -> list[OfferCard]:
    """At most three, best first."""
    published = current.services().guides.now()
    near = answer.suggestions if answer and answer.strength is not Strength.NONE else ()
    suggested = tuple(s.article.id for s in near)
    with current.services().database.read() as connection:
        record = database_store.record(connection)
    offers = published.offers.offer(Ticket(asked.text, articles=suggested), record)
    return [_card(offer, published.guides, record) for offer in offers]


def _card(
    offer: Offer, guides: Mapping[str, Guide], record: Mapping[str, tuple[int, int]]
) -> OfferCard:
    guide = guides[offer.guide]
    article = guide_texts.readable(offer.article) if offer.article else None
    resolved, sessions = may_be_told(record.get(guide.id, (0, 0)))
    return OfferCard(
        guide=guide,
        title=guide.text(current.language()).title,
        words=offer.words,
        category=offer.category,
        article=article.title if article else "",
        resolved=resolved,
        sessions=sessions,
    )


def for_ticket(ticket_id: int) -> tuple[Question, list[OfferCard]]:
    """The ticket and what fits it; searches, so not to be called in a transaction."""
    services = current.services()
    with services.database.read() as connection:
        asked = suggest.question(connection, ticket_id)
    reader = at_desk.reader()
    try:
        answer = suggest.articles(services.engine.searcher(), asked, reader, limit=_CARDS)
    except KbError:
        answer = None  # guides are found by their words too
    cards = fitting(asked, answer)
    note_shown(ticket_id, cards)
    return asked, cards


def note_shown(ticket_id: int, cards: Sequence[OfferCard]) -> None:
    """What was on the screen counts as offered."""
    if cards and current.user() is not None:
        with at_desk.opened() as desk:
            guiding.shown(desk, ticket_id, tuple(card.guide.id for card in cards))
