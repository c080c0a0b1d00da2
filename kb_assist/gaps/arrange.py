"""People put gaps in order: comments, names, merging and splitting, kept over runs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection

from kb_assist.errors import N_, InputError
from kb_assist.gaps import events, identity, label, stock, store
from kb_assist.gaps.events import GapEventKind, Happening
from kb_assist.gaps.model import Decision, Finding, Gap, NotDecided, Stocked
from kb_assist.gaps.review import decide
from kb_assist.gaps.unite import combined, united
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.terms import telling_terms

MAX_COMMENT_CHARACTERS = 10_000
MAX_TITLE_CHARACTERS = 200
MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class NotArranged:
    """Nothing was changed."""

    reason: str
    """``same``: it is the very gap; ``merged``: it lives on in another; ``alone``: it does not;
    ``tickets``: some are not in the gap, or none or all of them were named."""


def comment(desk: Desk, gap_id: int, text: str) -> None:
    """Raises NotFoundError, and InputError for an empty or too long text."""
    store.get(desk.connection, gap_id)
    said = text.strip()
    if not said or len(said) > MAX_COMMENT_CHARACTERS:
        raise InputError(N_("A comment has 1 to %(most)s characters.", most=MAX_COMMENT_CHARACTERS))
    _note(desk, gap_id, Happening(GapEventKind.COMMENTED, said))


def rename(desk: Desk, gap_id: int, title: str) -> Gap:
    """A name that stays; an empty one gives the found title back. Raises NotFoundError."""
    gap = store.get(desk.connection, gap_id)
    name = " ".join(title.split())[:MAX_TITLE_CHARACTERS]
    store.rename(desk.connection, gap_id, name)
    renamed = store.get(desk.connection, gap_id)
    facts = {"before": gap.title, "after": renamed.title}
    _note(desk, gap_id, Happening(GapEventKind.RENAMED, facts=facts))
    return renamed


def decide_many(
    desk: Desk, gap_ids: Sequence[int], decision: Decision
) -> dict[int, Gap | NotDecided]:
    """One decision about several gaps; each is taken or refused for itself."""
    if len(gap_ids) > MOST_AT_ONCE:
        raise InputError(N_("At most %(most)s gaps at a time.", most=MOST_AT_ONCE))
    return {
        gap_id: decide(desk.connection, gap_id, decision, desk.now, actor=desk.actor)
        for gap_id in dict.fromkeys(gap_ids)
    }


def merge(desk: Desk, gap_id: int, into_id: int) -> Gap | NotArranged:
    """The first lives on in the second only, also when runs find the two apart.

    Raises NotFoundError.
    """
    gap, into = store.get(desk.connection, gap_id), store.get(desk.connection, into_id)
    if gap_id == into_id:
        return NotArranged("same")
    if gap.merged_into is not None or into.merged_into is not None:
        return NotArranged("merged")
    tickets = gap.ticket_ids | into.ticket_ids
    facts = combined([into.facts, gap.facts])
    store.renew(desk.connection, into, Finding(tickets, facts), desk.now)
    store.merge(desk.connection, gap_id, into_id)
    _note(desk, gap_id, Happening(GapEventKind.MERGED, facts={"into": into_id}))
    # What it was before, for whoever takes the merge back.
    was = {"from": gap_id, "title": gap.title, "tickets": sorted(into.ticket_ids)}
    _note(desk, into_id, Happening(GapEventKind.MERGED, facts=was))
    return store.get(desk.connection, into_id)


def separate(desk: Desk, gap_id: int) -> Gap | NotArranged:
    """Takes a merge back: the gap stands alone again with the tickets it had; that gap.

    Whatever had been merged into it before comes along. Tickets that came since stay in the other
    gap until a run finds where they belong. Raises NotFoundError.
    """
    connection = desk.connection
    gap = store.get(connection, gap_id)
    if gap.merged_into is None:
        return NotArranged("alone")
    into = store.get(connection, gap.merged_into)
    rest = into.ticket_ids - gap.ticket_ids or _before(connection, into.id, gap_id)
    store.separate(connection, gap_id, _merged_first_into(connection, gap_id, into.id))
    if rest:
        store.renew(connection, into, _described(connection, into, rest), desk.now)
    _note(desk, gap_id, Happening(GapEventKind.SEPARATED, facts={"from": into.id}))
    _note(desk, into.id, Happening(GapEventKind.SEPARATED, facts={"gap": gap_id}))
    return store.get(connection, gap_id)


def _before(connection: Connection, into_id: int, gap_id: int) -> frozenset[int]:
    """The tickets of a gap before another was merged into it, as the log tells."""
    for event in reversed(events.of_gap(connection, into_id)):
        if event.kind is GapEventKind.MERGED and event.facts.get("from") == gap_id:
            return frozenset(event.facts.get("tickets", ()))
    return frozenset()


def _merged_first_into(connection: Connection, gap_id: int, into_id: int) -> list[int]:
    """Gaps that were merged into one gap, and with it into another."""
    return [
        other
        for other, now_in in store.merges(connection).items()
        if now_in == into_id and other != gap_id and _last_into(connection, other) == gap_id
    ]


def _last_into(connection: Connection, gap_id: int) -> int | None:
    for event in reversed(events.of_gap(connection, gap_id)):
        if event.kind is GapEventKind.MERGED and "into" in event.facts:
            return int(event.facts["into"])
    return None


def split(desk: Desk, gap_id: int, ticket_ids: frozenset[int], title: str) -> Gap | NotArranged:
    """Some tickets of a gap become a gap of their own and stay there; the new gap.

    Raises NotFoundError.
    """
    gap = store.get(desk.connection, gap_id)
    if gap.merged_into is not None:
        return NotArranged("merged")
    rest = gap.ticket_ids - ticket_ids
    if not ticket_ids or not rest or not ticket_ids <= gap.ticket_ids:
        return NotArranged("tickets")
    made = store.add(desk.connection, _described(desk.connection, gap, ticket_ids), desk.now)
    store.pin(desk.connection, made, ticket_ids)
    store.rename(desk.connection, made, " ".join(title.split())[:MAX_TITLE_CHARACTERS])
    store.renew(desk.connection, gap, _described(desk.connection, gap, rest), desk.now)
    _note(desk, gap_id, Happening(GapEventKind.SPLIT, facts={"new": made}))
    _note(desk, made, Happening(GapEventKind.SPLIT, facts={"from": gap_id}))
    return store.get(desk.connection, made)


def obeyed(
    connection: Connection, findings: Sequence[Finding], known: Sequence[Gap]
) -> list[tuple[int | None, Finding]]:
    """What a run found, as people arranged it: with the gap each finding continues, if any."""
    by_id = {gap.id: gap for gap in known}
    pins = store.pins(connection)
    merges = store.merges(connection)
    parts: defaultdict[int, list[Finding]] = defaultdict(list)
    rests: list[Finding] = []
    for finding in findings:
        rest, pieces = _carved(connection, finding, pins, by_id)
        for gap_id, piece in pieces.items():
            parts[gap_id].append(piece)
        if rest.ticket_ids:
            rests.append(rest)
    sets = {gap.id: gap.ticket_ids for gap in known} | store.remembered(connection)
    names = identity.matched([rest.ticket_ids for rest in rests], sets)
    new: list[tuple[int | None, Finding]] = []
    for name, rest in zip(names, rests, strict=True):
        if name is None:
            new.append((None, rest))
        else:
            parts[merges.get(name, name)].append(rest)
    return [*((gap_id, united(found)) for gap_id, found in parts.items()), *new]


def _carved(
    connection: Connection, finding: Finding, pins: dict[int, int], by_id: dict[int, Gap]
) -> tuple[Finding, dict[int, Finding]]:
    """A finding without the tickets that were put elsewhere, and those by gap."""
    by_gap: defaultdict[int, set[int]] = defaultdict(set)
    for ticket_id in finding.ticket_ids & pins.keys():
        if pins[ticket_id] in by_id:
            by_gap[pins[ticket_id]].add(ticket_id)
    if not by_gap:
        return finding, {}
    # Tickets that were put into the very gap this finding continues are at home.
    by_gap.pop(max(by_id, key=lambda one: len(by_id[one].ticket_ids & finding.ticket_ids)), None)
    taken = frozenset().union(*by_gap.values())
    if not taken:
        return finding, {}
    pieces = {
        gap_id: _described(connection, by_id[gap_id], frozenset(ids))
        for gap_id, ids in by_gap.items()
    }
    rest = finding.ticket_ids - taken
    if not rest:
        return Finding(frozenset(), {}), pieces
    return _part(stock.of_ids(connection, rest), finding.facts), pieces


def _described(connection: Connection, gap: Gap, ticket_ids: frozenset[int]) -> Finding:
    return _part(stock.of_ids(connection, ticket_ids), gap.facts)


def _part(tickets: list[Stocked], whole: Any) -> Finding:
    """A part of a gap, told from its tickets; what only a run can know is that of the whole."""
    terms = [telling_terms(ticket.question, ticket.language) for ticket in tickets]
    spread = Counter(term for of_ticket in terms for term in set(of_ticket))
    alike = np.ones((len(tickets), 1), dtype=np.float32)
    made = label.facts(tickets, alike, terms, spread, ())
    kept = {name: whole[name] for name in ("chance", "nearest") if name in whole}
    arrived = {ticket.id: ticket.created_at for ticket in tickets}
    return Finding(frozenset(arrived), made | kept, arrived)


def _note(desk: Desk, gap_id: int, happening: Happening) -> None:
    events.record(desk.connection, gap_id, happening, actor=desk.actor, at=desk.now)
