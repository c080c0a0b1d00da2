"""A ticket about a line of the morning checklist."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from kb_assist.correlation import outages
from kb_assist.correlation.checklist import FEW_DAYS, Entry, tick
from kb_assist.correlation.status import HEALTH_WORDS
from kb_assist.errors import N_
from kb_assist.monitoring import checklist_store, outages_store, reasons
from kb_assist.monitoring.checklist_store import TickState
from kb_assist.monitoring.model import Health, Watched
from kb_assist.monitoring.outage_model import Outage
from kb_assist.tickets import store
from kb_assist.tickets.comments import Words, comment
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.intake import create
from kb_assist.tickets.model import CommentKind, Draft, Ticket
from kb_assist.translations import in_language


def raise_ticket(desk: Desk, entry: Entry, *, note: str, day: date, language: str) -> Ticket:
    """A ticket about the line, which becomes a problem; the one it has when it has one.

    Of an open outage it is the outage's own one. ``language`` is that of whoever writes it.
    Raises InputError.
    """
    tick(desk, entry, TickState.PROBLEM, note=note, day=day)
    made = checklist_store.ticks(desk.connection, day)[entry.key]
    if made.ticket_id is not None:
        return store.get(desk.connection, made.ticket_id)
    outage = entry.outage
    if outage is not None and (outage.is_open or outage.ticket_id is not None):
        ticket = outages.raise_ticket(desk, outage.id, language=language)
        if made.note:
            comment(desk, ticket.id, Words(CommentKind.INTERNAL, made.note))
    else:
        ticket = create(desk, _draft(desk, entry, made.note, language)).ticket
        if found := outage or _open_outage(desk, entry.tool):
            outages.link(desk, found.id, ticket.id, afterwards=True)
    checklist_store.tick(desk.connection, day, replace(made, ticket_id=ticket.id))
    return ticket


def _draft(desk: Desk, entry: Entry, note: str, language: str) -> Draft:
    by = desk.actor.name
    if entry.tool is None:
        body = note or entry.title
        return Draft(entry.title, body, language=language, requester_name=by)
    zone = ZoneInfo(desk.policy.hours.zone)
    facts = [in_language(one, language) for one in _facts(entry, entry.tool, zone)]
    body = "\n".join(filter(None, (note, *facts)))
    draft = Draft(facts[0], body, language=language, requester_name=by)
    if entry.tool.health is Health.DOWN:
        return replace(draft, impact=1, urgency=1)
    return draft


def _facts(entry: Entry, tool: Watched, zone: ZoneInfo) -> Iterator[str]:
    """The state first, fit for a subject."""
    state: str = N_("paused") if tool.tool.paused else HEALTH_WORDS[tool.health]
    yield N_("%(tool)s: %(state)s", tool=entry.title, state=state)
    if tool.since is not None:
        yield N_("Since: %(moment)s", moment=_local(tool.since, zone))
    if tool.detail:
        yield N_("Fault: %(fault)s", fault=reasons.read(tool.detail))
    if tool.certificate_days is not None and tool.certificate_days < FEW_DAYS:
        yield reasons.certificate_ends(tool.certificate_days)
    if tool.checked_at is not None:
        yield N_("Last probed: %(moment)s", moment=_local(tool.checked_at, zone))


def _open_outage(desk: Desk, tool: Watched | None) -> Outage | None:
    """The oldest stands for the tool."""
    if tool is None:
        return None
    found = [one for one in outages_store.open_ones(desk.connection) if one.tool_id == tool.id]
    return min(found, key=lambda one: one.id, default=None)


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"
