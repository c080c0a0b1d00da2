"""Which open outage or surge a ticket may be about, and why."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from kb_assist.correlation import surges_store
from kb_assist.correlation.surges_store import Surge
from kb_assist.monitoring import outages_store
from kb_assist.monitoring import store as tools_store
from kb_assist.monitoring.model import Watched
from kb_assist.monitoring.outage_model import Outage
from kb_assist.text import fold
from kb_assist.tickets import links_store, store
from kb_assist.tickets.model import Ticket
from kb_assist.tickets.records import store as records_store

# Of a surge only the newest are asked for their items.
_MOST_COMPARED = 20


class Reason(StrEnum):
    ITEM = "item"
    """It is about a configuration item that hangs on the tool."""
    WORDS = "words"
    """It names the tool."""
    CLIENT = "client"
    """Another ticket of the client is linked already."""
    MEANING = "meaning"
    """It means the same as those that are linked."""


@dataclass(frozen=True, slots=True)
class Match:
    outage: Outage
    """The one to blame, where the ticket fits an outage that follows from another."""
    reasons: tuple[Reason, ...]
    """Why this one itself fits."""
    through: tuple[Outage, ...]
    """Outages that follow from it and fit."""


def matches(connection: Connection, ticket: Ticket) -> tuple[Match, ...]:
    """Open outages that fit an open ticket, the best first; those it is linked to are left out."""
    if not ticket.is_open:
        return ()
    standing = {one.id: one for one in outages_store.open_ones(connection)}
    # One that stands for an outage belongs to no other.
    if not standing or outages_store.of_own_tickets(connection, [ticket.id]):
        return ()
    linked = {one.id for one in outages_store.of_ticket(connection, ticket.id)}
    tools = {one.id: one for one in tools_store.watched(connection)}
    items = _items(connection, ticket)
    alike = surges_store.alike_outages(connection, ticket.id)
    found: dict[int, dict[int, tuple[Reason, ...]]] = {}
    for outage in standing.values():
        tool = tools.get(outage.tool_id or 0)
        reasons = _reasons(ticket, outage, tool, items)
        if _is_client_of(connection, ticket, outages_store.tickets_of(connection, outage.id)):
            reasons.add(Reason.CLIENT)
        if outage.id in alike:
            reasons.add(Reason.MEANING)
        root = outage.cause_id if outage.cause_id in standing else outage.id
        if reasons and not {outage.id, root} & linked:
            found.setdefault(int(root or outage.id), {})[outage.id] = tuple(sorted(reasons))
    made = [
        Match(
            standing[key],
            fitting.get(key, ()),
            tuple(standing[other] for other in fitting if other != key),
        )
        for key, fitting in found.items()
    ]
    return tuple(sorted(made, key=lambda one: (-_strength(found[one.outage.id]), one.outage.id)))


def _strength(fitting: Mapping[int, Sequence[Reason]]) -> int:
    return len({reason for reasons in fitting.values() for reason in reasons})


@dataclass(frozen=True, slots=True)
class SurgeMatch:
    surge: Surge
    reasons: tuple[Reason, ...]


def surge_matches(connection: Connection, ticket: Ticket) -> tuple[SurgeMatch, ...]:
    """Surges that an open ticket may belong to by its client or item, and does not yet."""
    growing = [one for one in surges_store.shown(connection) if one.may_hold(ticket)]
    found: list[SurgeMatch] = []
    is_own = bool(outages_store.of_own_tickets(connection, [ticket.id]))
    for surge in growing if ticket.is_open and not is_own else ():
        members = surge.tickets[-_MOST_COMPARED:]
        reasons: list[Reason] = []
        if _is_client_of(connection, ticket, members):
            reasons.append(Reason.CLIENT)
        items = links_store.ci_roles(connection, ticket.id).keys()
        if items and any(items & links_store.ci_roles(connection, key).keys() for key in members):
            reasons.append(Reason.ITEM)
        if reasons:
            found.append(SurgeMatch(surge, tuple(reasons)))
    return tuple(found)


def _items(connection: Connection, ticket: Ticket) -> frozenset[str]:
    """Folded keys of the ticket's configuration items."""
    roles = links_store.ci_roles(connection, ticket.id)
    return frozenset(
        fold(one.key) for one in records_store.cis_of(connection, list(roles)).values()
    )


def _reasons(
    ticket: Ticket, outage: Outage, tool: Watched | None, items: frozenset[str]
) -> set[Reason]:
    said = fold(f"{ticket.subject}\n{ticket.product}\n{ticket.body}")
    names = {outage.title, outage.title_de}
    reasons: set[Reason] = set()
    if tool is not None:
        names |= {tool.tool.name, tool.tool.name_de}
        keys = {fold(key) for key in tool.tool.cis}
        if keys & items or any(_names(said, key) for key in keys):
            reasons.add(Reason.ITEM)
    if any(_names(said, fold(name)) for name in names):
        reasons.add(Reason.WORDS)
    return reasons


def _names(said: str, name: str) -> bool:
    """Whether the words are there as words of their own."""
    return bool(name) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said) is not None


def _is_client_of(connection: Connection, ticket: Ticket, members: Sequence[int]) -> bool:
    if ticket.client_id is None:
        return False
    others = store.many(connection, members)
    return any(other.client_id == ticket.client_id for other in others.values())
