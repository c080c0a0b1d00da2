"""Everything the page of one gap shows, read in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from kb_assist.articles.model import Article
from kb_assist.auth.model import Role, User
from kb_assist.edge import current
from kb_assist.errors import KbError
from kb_assist.gaps import affected, events, review, stock, store
from kb_assist.gaps.events import GapEvent, GapEventKind
from kb_assist.gaps.model import Gap, Stocked
from kb_assist.tickets import store as tickets_store
from kb_assist.tickets.model import Ticket
from kb_assist.ui.gap_actions import WAY, may_be_planned, may_draft, next_steps
from kb_assist.ui.gap_board import trend
from kb_assist.ui.people import People, people

# Each is read and stripped of personal data; more prove nothing more.
_MOST_EVIDENCE = 50
# Nobody reads a longer list.
_MOST_OTHERS = 100
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
    log = events.of_gap(connection, gap_id)
    return {
        "gap": gap,
        "trend": trend(gap),
        "overdue": gap.is_overdue(services.clock.today()),
        "evidence": _evidence(connection, gap),
        "affected": affected.of_tickets(connection, gap.ticket_ids),
        "events": tuple(reversed(log)),
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
        **_arranged(connection, gap, log),
        "nearest": [found for name in gap.facts.get("nearest", ()) if (found := article(name))],
    }


def _arranged(connection: Connection, gap: Gap, log: Sequence[GapEvent]) -> dict[str, Any]:
    """What it may be merged into, likely ones first, and what was merged or split before."""
    standing = {other.id: other for other in store.all_gaps(connection)}
    here = [other for other, into in store.merges(connection).items() if into == gap.id]
    split_from = [standing.get(event.facts["from"]) for event in log if _is_split_off(event)]
    return {
        "others": _likely(gap, [other for other in standing.values() if other.id != gap.id]),
        "lives_in": standing.get(gap.merged_into or 0),
        "merged_here": [store.get(connection, other) for other in here],
        "split_from": next((other for other in split_from if other), None),
    }


def _is_split_off(event: GapEvent) -> bool:
    return event.kind is GapEventKind.SPLIT and "from" in event.facts


def _likely(gap: Gap, others: Sequence[Gap]) -> list[Gap]:
    """Those that share words and products first, then the largest."""
    mine = {*gap.facts.get("terms", ()), *gap.facts.get("products", ())}

    def shared(other: Gap) -> int:
        return len(mine & {*other.facts.get("terms", ()), *other.facts.get("products", ())})

    found = [other for other in others if other.found or shared(other)]
    return sorted(found, key=lambda o: (-shared(o), -len(o.ticket_ids), o.id))[:_MOST_OTHERS]


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
