"""Hand a ticket over to a higher level with its dossier; accept it there, or send it back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from kb_assist.errors import N_, InputError
from kb_assist.tickets import store
from kb_assist.tickets.audit import Happening, record
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.handover import store as handover_store
from kb_assist.tickets.handover.dossier import Dossier, as_json, compose
from kb_assist.tickets.handover.facts import gather
from kb_assist.tickets.handover.model import (
    HandedOver,
    Handover,
    Outcome,
    Outside,
    Request,
    Return,
)
from kb_assist.tickets.lifecycle import Command, Refusal, Refused, Verb
from kb_assist.tickets.model import Conflict, EventKind, Level, Saved, Ticket
from kb_assist.tickets.work import carry_out

MAX_ANSWER_CHARACTERS = 20_000


def dossier(
    connection: Connection, ticket_id: int, group_id: int, outside: Outside | None = None
) -> Dossier:
    """The dossier as it would go to a group now. Raises NotFoundError."""
    facts = gather(connection, ticket_id, outside or Outside())
    return compose(facts, handover_store.template_of(connection, group_id))


def answer_item(desk: Desk, ticket_id: int, key: str, value: str) -> None:
    """Say what no record knows; an empty value takes it back. Raises NotFoundError, InputError."""
    if len(value) > MAX_ANSWER_CHARACTERS or not key or len(key) > 60:
        raise InputError(
            N_("An answer has at most %(most)s characters.", most=MAX_ANSWER_CHARACTERS)
        )
    ticket = store.locked(desk.connection, ticket_id)
    by = (desk.actor.name, desk.now)
    handover_store.set_answer(desk.connection, ticket_id, key, value.strip(), by)
    record(desk, ticket, Happening(EventKind.CHANGED, after={"dossier_item": key}))


def hand_over(
    desk: Desk, ticket_id: int, request: Request, *, seen: int | None = None
) -> HandedOver | Refused | Conflict:
    """Escalate with a snapshot of the dossier.

    To L3 it must hold every required fact, or say why not (``override_reason``). Raises
    NotFoundError for an unknown ticket or group.
    """
    before = store.locked(desk.connection, ticket_id)
    level = store.level_of_group(desk.connection, request.group_id)
    snapshot = dossier(desk.connection, ticket_id, request.group_id, request.outside)
    command = Command(
        Verb.ESCALATE, group_id=request.group_id, level=level, reason=request.note.strip()
    )
    incomplete = level is Level.L3 and not snapshot.is_complete
    if incomplete and not request.override_reason.strip():
        missing = tuple(item.key for item in snapshot.missing_required)
        return Refused(Verb.ESCALATE, Refusal.INCOMPLETE_DOSSIER, missing)
    outcome = carry_out(desk, ticket_id, command, seen=seen)
    if not isinstance(outcome, Saved):
        return outcome
    row = _row(desk, before, request, snapshot)
    row["to_level"] = level.value
    row["override_reason"] = request.override_reason.strip() if incomplete else ""
    made = handover_store.add(desk.connection, row)
    after = {"handover": row["number"], "completeness": snapshot.completeness}
    after |= {"group_id": request.group_id, "overridden": incomplete}
    record(desk, outcome.ticket, Happening(EventKind.HANDED_OVER, after=after))
    return HandedOver(outcome.ticket, made, row["number"])


def _row(desk: Desk, before: Ticket, request: Request, snapshot: Dossier) -> dict[str, Any]:
    return {
        "ticket_id": before.id,
        "number": handover_store.next_number(desk.connection, before.id),
        "at": desk.now,
        "actor_name": desk.actor.name,
        "actor_id": desk.actor.user_id,
        "from_level": before.level.value,
        "from_group_id": before.group_id,
        "from_assignee_id": before.assignee_id,
        "to_group_id": request.group_id,
        "note": request.note.strip(),
        "completeness": snapshot.completeness,
        "dossier": as_json(snapshot),
    }


def accept(
    desk: Desk, ticket_id: int, *, assignee_id: int | None = None, seen: int | None = None
) -> Saved | Refused | Conflict:
    """Take a waiting hand-over; ``assignee_id`` None: whoever accepts."""
    who = desk.actor.user_id if assignee_id is None else assignee_id
    outcome = carry_out(desk, ticket_id, Command(Verb.ACCEPT, assignee_id=who), seen=seen)
    if isinstance(outcome, Saved):
        waiting = handover_store.waiting(desk.connection, ticket_id)
        if waiting is not None:
            _answer(desk, waiting, {"outcome": Outcome.ACCEPTED.value})
            after = {"handover": waiting.number}
            record(desk, outcome.ticket, Happening(EventKind.ACCEPTED, after=after))
    return outcome


def give_back(
    desk: Desk, ticket_id: int, back: Return, *, seen: int | None = None
) -> Saved | Refused | Conflict:
    """Return it to whoever handed it over; the named items are counted against the template.

    Raises InputError for an item that the dossier does not have.
    """
    handover = _current(desk, ticket_id)
    if handover is not None:
        known = {filled.item.key for filled in handover.dossier.filled}
        unknown = sorted(set(back.faulty_items) - known)
        if unknown:
            raise InputError(N_("The dossier has no item %(items)s.", items=", ".join(unknown)))
    command = Command(Verb.RETURN, reason=back.reason.strip(), **_origin(handover))
    outcome = carry_out(desk, ticket_id, command, seen=seen)
    if isinstance(outcome, Saved) and handover is not None:
        reason = back.reason.strip()
        _answer(desk, handover, {"outcome": Outcome.RETURNED.value, "return_reason": reason})
        handover_store.add_faults(desk.connection, handover.id, back.faulty_items)
        after = {"handover": handover.number, "items": sorted(back.faulty_items)}
        record(desk, outcome.ticket, Happening(EventKind.RETURNED, after=after, note=reason))
    return outcome


def _current(desk: Desk, ticket_id: int) -> Handover | None:
    """The one that waits, else the accepted one that turned out to be no use."""
    waiting = handover_store.waiting(desk.connection, ticket_id)
    return waiting or handover_store.last_accepted(desk.connection, ticket_id)


def _origin(handover: Handover | None) -> dict[str, Any]:
    if handover is None:
        return {}
    origin = handover.origin
    return {
        "group_id": origin.group_id,
        "assignee_id": origin.assignee_id,
        "level": origin.level,
    }


def _answer(desk: Desk, handover: Handover, values: dict[str, Any]) -> None:
    answered = {"answered_at": desk.now, "answered_by": desk.actor.name}
    handover_store.answer(desk.connection, handover.id, values | answered)
