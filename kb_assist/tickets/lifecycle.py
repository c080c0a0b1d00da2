"""The life cycle of an incident: one table of verbs, and what each needs.

Nothing here is stored or shown; ``transition`` says what would change, or why it may not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kb_assist.tickets.model import (
    OPEN_STATES,
    Hindrances,
    Level,
    PendingReason,
    ResolutionCode,
    State,
    Ticket,
)


class Verb(StrEnum):
    ASSIGN = "assign"
    START = "start"
    WAIT = "wait"
    RESUME = "resume"
    ESCALATE = "escalate"
    ACCEPT = "accept"
    RETURN = "return"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    CLOSE = "close"


class Refusal(StrEnum):
    """Why a transition may not happen."""

    WRONG_STATE = "wrong_state"
    MISSING_FIELDS = "missing_fields"
    OPEN_BLOCKERS = "open_blockers"
    OPEN_CHILDREN = "open_children"
    NOT_HIGHER = "not_higher"
    """An escalation must name a level above the present one."""
    NOTHING_CHANGES = "nothing_changes"
    NEEDS_HAND_OVER = "needs_hand_over"
    """Goes with a dossier; see ``escalate``."""
    INCOMPLETE_DOSSIER = "incomplete_dossier"
    """``missing`` names the items; a reason overrides it."""


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody asks for. Fields that the verb does not need are ignored."""

    verb: Verb
    group_id: int | None = None
    assignee_id: int | None = None
    level: Level | None = None
    """The support level of ``group_id``; the caller looks it up."""
    pending_reason: PendingReason | None = None
    resolution_code: ResolutionCode | None = None
    resolution_text: str = ""
    reason: str = ""
    """Why: required to reopen and to return, kept as the note of the event otherwise."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The transition is allowed; ``changes`` are the fields that get new values."""

    before: State
    after: State
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    verb: Verb
    code: Refusal
    missing: tuple[str, ...] = ()
    """Names of fields of ``Command``; alternatives joined by ``|``."""
    tickets: tuple[int, ...] = ()
    """Those that stand in the way."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that may be done now, and what it asks for."""

    verb: Verb
    needs: tuple[str, ...]
    obstacle: Refusal | None = None
    """Set while other tickets stand in the way: shown, but not possible yet."""
    tickets: tuple[int, ...] = ()


_Effect = Callable[[Ticket, Command], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table."""

    moves: Mapping[State, State]
    needs: tuple[str, ...] = ()
    blocked_by_children: bool = False
    blocked_by_blockers: bool = False
    effect: _Effect = lambda ticket, command: {}


def _assign(ticket: Ticket, command: Command) -> dict[str, Any]:
    """A new group without a person takes the person away: groups do not share people silently."""
    changes: dict[str, Any] = {"assignee_id": command.assignee_id}
    if command.group_id is not None:
        changes["group_id"] = command.group_id
        changes["level"] = command.level or ticket.level
    return changes


def _escalate(ticket: Ticket, command: Command) -> dict[str, Any]:
    return {"group_id": command.group_id, "assignee_id": None, "level": command.level}


def _give_back(ticket: Ticket, command: Command) -> dict[str, Any]:
    """``command`` names where it came from; without it the ticket waits for a dispatcher."""
    lower = command.level or (Level.L2 if ticket.level is Level.L3 else Level.L1)
    return {
        "group_id": command.group_id,
        "assignee_id": command.assignee_id,
        "level": lower,
    }


def _resolve(ticket: Ticket, command: Command) -> dict[str, Any]:
    return {
        "resolution_code": command.resolution_code,
        "resolution_text": command.resolution_text.strip(),
    }


def _reopen(ticket: Ticket, command: Command) -> dict[str, Any]:
    """The old resolution stays in the audit, not on the ticket: it did not hold."""
    return {
        "reopened": ticket.reopened + 1,
        "resolution_code": None,
        "resolution_text": "",
    }


def _take(ticket: Ticket, command: Command) -> dict[str, Any]:
    return {} if command.assignee_id is None else {"assignee_id": command.assignee_id}


def _wait(ticket: Ticket, command: Command) -> dict[str, Any]:
    return {"pending_reason": command.pending_reason}


_WORKING = (State.ASSIGNED, State.IN_PROGRESS)
_UNRESOLVED = dict.fromkeys(OPEN_STATES, State.RESOLVED)

RULES: Mapping[Verb, Rule] = {
    Verb.ASSIGN: Rule(
        moves={
            State.NEW: State.ASSIGNED,
            State.ASSIGNED: State.ASSIGNED,
            State.IN_PROGRESS: State.ASSIGNED,
            State.PENDING: State.PENDING,
            State.ESCALATED: State.ESCALATED,
        },
        needs=("group_id|assignee_id",),
        effect=_assign,
    ),
    Verb.START: Rule(
        moves={State.NEW: State.IN_PROGRESS, State.ASSIGNED: State.IN_PROGRESS}, effect=_take
    ),
    Verb.WAIT: Rule(
        moves=dict.fromkeys((State.NEW, *_WORKING), State.PENDING),
        needs=("pending_reason",),
        effect=_wait,
    ),
    Verb.RESUME: Rule(moves={State.PENDING: State.IN_PROGRESS}, effect=_take),
    Verb.ESCALATE: Rule(
        moves=dict.fromkeys((State.NEW, *_WORKING, State.PENDING), State.ESCALATED),
        needs=("group_id", "level"),
        effect=_escalate,
    ),
    Verb.ACCEPT: Rule(
        moves={State.ESCALATED: State.IN_PROGRESS}, needs=("assignee_id",), effect=_take
    ),
    Verb.RETURN: Rule(
        moves={State.ESCALATED: State.ASSIGNED, State.IN_PROGRESS: State.ASSIGNED},
        needs=("reason",),
        effect=_give_back,
    ),
    Verb.RESOLVE: Rule(
        moves=_UNRESOLVED,
        needs=("resolution_code", "resolution_text"),
        blocked_by_blockers=True,
        effect=_resolve,
    ),
    Verb.REOPEN: Rule(
        moves=dict.fromkeys((State.RESOLVED, State.CLOSED), State.IN_PROGRESS),
        needs=("reason",),
        effect=_reopen,
    ),
    Verb.CLOSE: Rule(
        moves={State.RESOLVED: State.CLOSED}, blocked_by_blockers=True, blocked_by_children=True
    ),
}


def transition(
    ticket: Ticket, command: Command, *, hindrances: Hindrances | None = None
) -> Moved | Refused:
    """What the command would do to the ticket, or why it may not."""
    rule = RULES[command.verb]
    refused = _refusal(ticket, command, rule, hindrances or Hindrances())
    if refused is not None:
        return refused
    after = rule.moves[ticket.state]
    wanted = rule.effect(ticket, command) | {"state": after}
    if after is not State.PENDING:
        wanted["pending_reason"] = None
    changes = {name: value for name, value in wanted.items() if getattr(ticket, name) != value}
    if not changes:
        return Refused(command.verb, Refusal.NOTHING_CHANGES)
    return Moved(ticket.state, after, changes)


def allowed(ticket: Ticket, hindrances: Hindrances | None = None) -> tuple[Action, ...]:
    """The verbs that the ticket's state permits, in the order of the table."""
    standing = hindrances or Hindrances()
    return tuple(
        Action(verb, rule.needs, *(_obstacle(rule, standing) or (None, ())))
        for verb, rule in RULES.items()
        if ticket.state in rule.moves and not _pointless(ticket, verb)
    )


def _pointless(ticket: Ticket, verb: Verb) -> bool:
    """There is nothing above L3, and L1 has nobody to return to."""
    if verb is Verb.ESCALATE:
        return ticket.level is Level.L3
    if verb is Verb.RETURN:
        return ticket.level is Level.L1
    return False


def _refusal(
    ticket: Ticket, command: Command, rule: Rule, hindrances: Hindrances
) -> Refused | None:
    verb = command.verb
    if ticket.state not in rule.moves or _pointless(ticket, verb):
        return Refused(verb, Refusal.WRONG_STATE)
    missing = tuple(need for need in rule.needs if not _given(command, need))
    if missing:
        return Refused(verb, Refusal.MISSING_FIELDS, missing)
    if verb is Verb.ESCALATE and not (command.level and command.level.above(ticket.level)):
        return Refused(verb, Refusal.NOT_HIGHER)
    if verb is Verb.ASSIGN and _evades_dossier(ticket, command):
        return Refused(verb, Refusal.NEEDS_HAND_OVER)
    obstacle = _obstacle(rule, hindrances)
    return Refused(verb, obstacle[0], tickets=obstacle[1]) if obstacle else None


def _evades_dossier(ticket: Ticket, command: Command) -> bool:
    """L3 gets complete hand-overs only; between its own groups a ticket moves freely."""
    to_l3 = command.level is Level.L3 and ticket.level is not Level.L3
    return to_l3 and command.group_id != ticket.group_id


def _given(command: Command, need: str) -> bool:
    values = [getattr(command, name) for name in need.split("|")]
    return any(value.strip() if isinstance(value, str) else value is not None for value in values)


def _obstacle(rule: Rule, hindrances: Hindrances) -> tuple[Refusal, tuple[int, ...]] | None:
    if rule.blocked_by_blockers and hindrances.open_blockers:
        return Refusal.OPEN_BLOCKERS, hindrances.open_blockers
    if rule.blocked_by_children and hindrances.open_children:
        return Refusal.OPEN_CHILDREN, hindrances.open_children
    return None
