"""Link a ticket to other tickets, to configuration items and to articles."""

from __future__ import annotations

from enum import StrEnum

from kb_assist.tickets import links_store, store
from kb_assist.tickets.audit import Happening, record
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.model import (
    ArticleLink,
    ArticleRole,
    EventKind,
    RecordRole,
    TicketRelation,
)
from kb_assist.tickets.records import store as records_store

# Longer chains of parents or dependencies are a mistake somewhere else.
_LONGEST_CHAIN = 1_000


class LinkFault(StrEnum):
    """Why a link was not made."""

    ITSELF = "itself"
    CIRCLE = "circle"
    """The other ticket already hangs on this one."""
    ALREADY = "already"


def link_ticket(
    desk: Desk, ticket_id: int, other_id: int, relation: TicketRelation
) -> LinkFault | None:
    """``ticket <relation> other``; None when it was made. Raises NotFoundError."""
    ticket = store.locked(desk.connection, ticket_id)
    other = store.get(desk.connection, other_id)
    if ticket_id == other_id:
        return LinkFault.ITSELF
    if other_id in links_store.targets(desk.connection, ticket_id, relation):
        return LinkFault.ALREADY
    if _leads_to(desk, other_id, ticket_id, relation):
        return LinkFault.CIRCLE
    links_store.add_relation(desk.connection, ticket_id, other_id, relation)
    after = {"relation": relation, "ticket_id": other_id}
    record(desk, ticket, Happening(EventKind.LINKED, after=after))
    record(
        desk, other, Happening(EventKind.LINKED, after={"from": relation, "ticket_id": ticket_id})
    )
    return None


def unlink_ticket(desk: Desk, ticket_id: int, other_id: int, relation: TicketRelation) -> bool:
    """False when there was no such link."""
    ticket = store.locked(desk.connection, ticket_id)
    other = store.get(desk.connection, other_id)
    if not links_store.remove_relation(desk.connection, ticket_id, other_id, relation):
        return False
    before = {"relation": relation, "ticket_id": other_id}
    record(desk, ticket, Happening(EventKind.UNLINKED, before=before))
    back = {"from": relation, "ticket_id": ticket_id}
    record(desk, other, Happening(EventKind.UNLINKED, before=back))
    return True


def _leads_to(desk: Desk, start: int, wanted: int, relation: TicketRelation) -> bool:
    seen: set[int] = set()
    waiting = [start]
    while waiting and len(seen) < _LONGEST_CHAIN:
        at = waiting.pop()
        if at == wanted:
            return True
        if at not in seen:
            seen.add(at)
            waiting.extend(links_store.targets(desk.connection, at, relation))
    return False


def link_ci(desk: Desk, ticket_id: int, ci_id: int, role: RecordRole) -> LinkFault | None:
    """A new primary item makes the one before an affected item. Raises NotFoundError."""
    ticket = store.locked(desk.connection, ticket_id)
    found = records_store.get_ci(desk.connection, ci_id)
    roles = links_store.ci_roles(desk.connection, ticket_id)
    if roles.get(ci_id) is role:
        return LinkFault.ALREADY
    if role is RecordRole.PRIMARY:
        for other, held in roles.items():
            if held is RecordRole.PRIMARY:
                links_store.set_ci_role(desk.connection, ticket_id, other, RecordRole.AFFECTED)
    links_store.set_ci_role(desk.connection, ticket_id, ci_id, role)
    before = {"ci": found.key, "role": roles[ci_id]} if ci_id in roles else {}
    after = {"ci": found.key, "ci_id": ci_id, "role": role}
    record(desk, ticket, Happening(EventKind.LINKED, before=before, after=after))
    return None


def unlink_ci(desk: Desk, ticket_id: int, ci_id: int) -> bool:
    """False when it was not linked."""
    ticket = store.locked(desk.connection, ticket_id)
    roles = links_store.ci_roles(desk.connection, ticket_id)
    if ci_id not in roles:
        return False
    found = records_store.get_ci(desk.connection, ci_id)
    links_store.set_ci_role(desk.connection, ticket_id, ci_id, None)
    before = {"ci": found.key, "ci_id": ci_id, "role": roles[ci_id]}
    record(desk, ticket, Happening(EventKind.UNLINKED, before=before))
    return True


def link_article(
    desk: Desk, ticket_id: int, article_id: str, *, role: ArticleRole, passage: str = ""
) -> LinkFault | None:
    """Add the article or change what it was to the ticket. The caller knows that it exists."""
    ticket = store.locked(desk.connection, ticket_id)
    held = {a.article_id: a.role for a in links_store.articles_of(desk.connection, ticket_id)}
    if held.get(article_id) is role:
        return LinkFault.ALREADY
    link = ArticleLink(article_id, role, passage, desk.now, desk.actor.name)
    links_store.set_article(desk.connection, ticket_id, link)
    before = {"article": article_id, "role": held[article_id]} if article_id in held else {}
    after = {"article": article_id, "role": role}
    record(desk, ticket, Happening(EventKind.LINKED, before=before, after=after))
    return None


def unlink_article(desk: Desk, ticket_id: int, article_id: str) -> bool:
    """False when it was not linked."""
    ticket = store.locked(desk.connection, ticket_id)
    if not links_store.remove_article(desk.connection, ticket_id, article_id):
        return False
    record(desk, ticket, Happening(EventKind.UNLINKED, before={"article": article_id}))
    return True
