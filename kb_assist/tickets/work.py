"""Work on a ticket: edit it, assign it, move it through its life cycle."""

from __future__ import annotations

from dataclasses import replace

from kb_assist.errors import N_, InputError
from kb_assist.tickets import links_store, store
from kb_assist.tickets.change import Change, change, conflict
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.handover import store as handover_store
from kb_assist.tickets.intake import MAX_SUBJECT_CHARACTERS
from kb_assist.tickets.lifecycle import Command, Refusal, Refused, Verb, transition
from kb_assist.tickets.model import Conflict, Edit, EventKind, Saved, State
from kb_assist.tickets.priority import SCALE
from kb_assist.tickets.records import store as records_store

Outcome = Saved | Conflict | Refused


# These go with a dossier: ``escalate`` carries them out.
HAND_OVER_VERBS = frozenset({Verb.ESCALATE, Verb.ACCEPT, Verb.RETURN})


def move(desk: Desk, ticket_id: int, command: Command, *, seen: int | None = None) -> Outcome:
    """Carry out a command of people. ``seen``: the version they saw; None does not care.

    Raises NotFoundError for an unknown ticket or group.
    """
    if command.verb in HAND_OVER_VERBS:
        store.get(desk.connection, ticket_id)
        return Refused(command.verb, Refusal.NEEDS_HAND_OVER)
    return carry_out(desk, ticket_id, command, seen=seen)


def carry_out(desk: Desk, ticket_id: int, command: Command, *, seen: int | None = None) -> Outcome:
    """``move`` for every verb; the caller has seen to the dossier."""
    ticket = store.locked(desk.connection, ticket_id)
    stale = conflict(desk, ticket, seen)
    if stale is not None:
        return stale
    known = with_level(desk, command)
    # Whoever handed it over may have left since; it goes back all the same.
    if command.assignee_id is not None and command.verb is not Verb.RETURN:
        store.require_user(desk.connection, command.assignee_id)
    result = transition(
        ticket, known, hindrances=links_store.hindrances(desk.connection, ticket_id)
    )
    if isinstance(result, Refused):
        return result
    kind = EventKind.ASSIGNED if command.verb is Verb.ASSIGN else EventKind.MOVED
    wanted = Change(kind, result.changes, verb=command.verb.value, note=command.reason.strip())
    if result.before is State.ESCALATED and command.verb not in HAND_OVER_VERBS | {Verb.ASSIGN}:
        handover_store.withdraw(desk.connection, ticket_id, desk.actor.name, desk.now)
    return change(desk, ticket, wanted)


def with_level(desk: Desk, command: Command) -> Command:
    """The command with the support level of the group that it names."""
    if command.group_id is None or command.level is not None:
        return command
    return replace(command, level=store.level_of_group(desk.connection, command.group_id))


def edit(desk: Desk, ticket_id: int, wanted: Edit, *, seen: int | None = None) -> Saved | Conflict:
    """Change fields. Raises NotFoundError and InputError."""
    _check(wanted)
    ticket = store.locked(desk.connection, ticket_id)
    stale = conflict(desk, ticket, seen)
    if stale is not None:
        return stale
    if wanted.client_id is not None:
        records_store.client(desk.connection, wanted.client_id)
    given = {k: v for k, v in wanted.given().items() if getattr(ticket, k) != v}
    if not given:
        return Saved(ticket)
    return change(desk, ticket, Change(EventKind.CHANGED, given))


def _check(wanted: Edit) -> None:
    for name in ("impact", "urgency"):
        value = getattr(wanted, name)
        if value is not None and value not in SCALE:
            raise InputError(N_("%(name)s goes from 1 to 3.", name=name))
    if wanted.subject is not None and not wanted.subject.strip():
        raise InputError(N_("A ticket needs a subject."))
    if wanted.subject is not None and len(wanted.subject) > MAX_SUBJECT_CHARACTERS:
        raise InputError(
            N_("A subject has at most %(most)s characters.", most=MAX_SUBJECT_CHARACTERS)
        )
