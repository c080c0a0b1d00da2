"""Everything the page of one gap shows, read in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from kb_assist.articles.model import Article
from kb_assist.auth.model import Role, User
from kb_assist.edge import current
from kb_assist.errors import KbError
from kb_assist.gaps import affected, events, review, stock, store
from kb_assist.gaps.model import Gap, Stocked
from kb_assist.tickets import store as tickets_store
from kb_assist.tickets.model import Ticket
from kb_assist.ui.gap_actions import WAY, may_be_planned, may_draft, next_steps
from kb_assist.ui.gap_board import overdue, trend
from kb_assist.ui.people import People, people

# Each is read and stripped of personal data; more prove nothing more.
_MOST_EVIDENCE = 50
_OWNERS = frozenset({Role.CONTENT_OWNER, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Evidence:
    """A ticket of the gap: as it stands, and its words without personal data."""

    ticket: Ticket
    words: Stocked

    @property
    def body(self) -> str:
        """What was written below the subject."""
        return self.words.question.removeprefix(self.words.subject).strip()


def page_values(connection: Connection, gap_id: int) -> dict[str, Any]:
    """Raises NotFoundError."""
    gap = store.get(connection, gap_id)
    services = current.services()
    names = people(connection)
    inflow = review.inflow(connection, [gap], services.clock.now())
    return {
        "gap": gap,
        "trend": trend(gap),
        "overdue": overdue(gap, services.clock.today()),
        "evidence": _evidence(connection, gap),
        "affected": affected.of_tickets(connection, gap.ticket_ids),
        "events": tuple(reversed(events.of_gap(connection, gap_id))),
        "inflow": inflow.get(gap_id),
        "people": names,
        "owners": owners(names),
        "steps": next_steps(gap),
        "way": WAY,
        "may_draft": may_draft(gap),
        "may_be_planned": may_be_planned(gap),
        "proven": review.proven(gap),
        "article": article(gap.article_id),
        "answered_by": article(_guess(gap)),
        "nearest": [found for name in gap.facts.get("nearest", ()) if (found := article(name))],
    }


def owners(names: People) -> list[User]:
    """Who may look after a gap."""
    return [user for user in names.assignable if user.role in _OWNERS]


def article(article_id: str) -> Article | None:
    """None for one that is not indexed, or that the reader may not see."""
    if not article_id:
        return None
    try:
        found = current.services().engine.searcher().snapshot.article(article_id)
    except KbError:
        return None
    return found if current.audience().may_read(found.audience) else None


def _guess(gap: Gap) -> str:
    """The article that answers the gap now, though nobody wrote it for it."""
    proof = gap.proof or {}
    return str(proof.get("article", "")) if proof.get("guessed") else ""


def _evidence(connection: Connection, gap: Gap) -> tuple[Evidence, ...]:
    """The newest first; ids grow with time."""
    newest_ids = frozenset(sorted(gap.ticket_ids)[-_MOST_EVIDENCE:])
    words = {one.id: one for one in stock.of_ids(connection, newest_ids)}
    known = tickets_store.many(connection, sorted(words))
    newest = sorted(words, key=lambda key: (words[key].created_at, key), reverse=True)
    return tuple(Evidence(known[key], words[key]) for key in newest)
