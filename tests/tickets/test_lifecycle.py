"""The life cycle's table."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from kb_assist.tickets.lifecycle import (
    RULES,
    Command,
    Moved,
    Refusal,
    Refused,
    Verb,
    allowed,
    transition,
)
from kb_assist.tickets.model import (
    Hindrances,
    Level,
    PendingReason,
    ResolutionCode,
    State,
)
from tests.tickets.builders import ticket


def _complete(verb: Verb) -> Command:
    """A command that lacks nothing."""
    return Command(
        verb,
        group_id=5,
        assignee_id=7,
        level=Level.L3 if verb is Verb.ESCALATE else Level.L2,
        pending_reason=PendingReason.VENDOR,
        resolution_code=ResolutionCode.FIXED,
        resolution_text="Dienst neu gestartet.",
        reason="Tritt wieder auf.",
    )


@pytest.mark.parametrize(
    ("state", "verb"), list(itertools.product(State, Verb)), ids=lambda value: str(value)
)
def test_a_transition_happens_exactly_when_the_list_of_actions_offers_it(
    state: State, verb: Verb
) -> None:
    seen = ticket(state=state, level=Level.L2)
    offered = verb in {action.verb for action in allowed(seen)}

    assert isinstance(transition(seen, _complete(verb)), Moved) == offered


def test_every_state_can_be_reached_and_left() -> None:
    reached = {after for rule in RULES.values() for after in rule.moves.values()}
    left = {before for rule in RULES.values() for before in rule.moves}

    assert reached == set(State) - {State.NEW}
    assert left == set(State)


@pytest.mark.parametrize(
    ("verb", "state", "missing"),
    [
        (Verb.ASSIGN, State.NEW, ("group_id|assignee_id",)),
        (Verb.WAIT, State.IN_PROGRESS, ("pending_reason",)),
        (Verb.ESCALATE, State.IN_PROGRESS, ("group_id", "level")),
        (Verb.ACCEPT, State.ESCALATED, ("assignee_id",)),
        (Verb.RETURN, State.ESCALATED, ("reason",)),
        (Verb.RESOLVE, State.IN_PROGRESS, ("resolution_code", "resolution_text")),
        (Verb.REOPEN, State.CLOSED, ("reason",)),
    ],
)
def test_a_refusal_names_what_is_missing(
    verb: Verb, state: State, missing: tuple[str, ...]
) -> None:
    refused = transition(ticket(state=state, level=Level.L2), Command(verb))

    assert refused == Refused(verb, Refusal.MISSING_FIELDS, missing)


def test_blank_text_does_not_resolve() -> None:
    command = Command(Verb.RESOLVE, resolution_code=ResolutionCode.FIXED, resolution_text="  \n ")

    assert transition(ticket(state=State.ASSIGNED), command) == Refused(
        Verb.RESOLVE, Refusal.MISSING_FIELDS, ("resolution_text",)
    )


def test_open_blockers_refuse_resolving_and_closing() -> None:
    standing = Hindrances(open_blockers=(3, 4))
    resolving = transition(
        ticket(state=State.IN_PROGRESS), _complete(Verb.RESOLVE), hindrances=standing
    )
    closing = transition(ticket(state=State.RESOLVED), Command(Verb.CLOSE), hindrances=standing)

    assert resolving == Refused(Verb.RESOLVE, Refusal.OPEN_BLOCKERS, tickets=(3, 4))
    assert closing == Refused(Verb.CLOSE, Refusal.OPEN_BLOCKERS, tickets=(3, 4))


def test_open_children_refuse_closing_but_not_resolving() -> None:
    standing = Hindrances(open_children=(9,))
    resolving = transition(
        ticket(state=State.IN_PROGRESS), _complete(Verb.RESOLVE), hindrances=standing
    )
    closing = transition(ticket(state=State.RESOLVED), Command(Verb.CLOSE), hindrances=standing)

    assert isinstance(resolving, Moved)
    assert closing == Refused(Verb.CLOSE, Refusal.OPEN_CHILDREN, tickets=(9,))


def test_actions_show_what_stands_in_their_way() -> None:
    actions = {a.verb: a for a in allowed(ticket(state=State.RESOLVED), Hindrances((), (9,)))}

    assert actions[Verb.CLOSE].obstacle is Refusal.OPEN_CHILDREN
    assert actions[Verb.CLOSE].tickets == (9,)
    assert actions[Verb.REOPEN].obstacle is None


def test_an_escalation_goes_up_only() -> None:
    seen = ticket(state=State.IN_PROGRESS, level=Level.L2)
    sideways = transition(seen, Command(Verb.ESCALATE, group_id=5, level=Level.L2))
    up = transition(seen, Command(Verb.ESCALATE, group_id=5, level=Level.L3))

    assert sideways == Refused(Verb.ESCALATE, Refusal.NOT_HIGHER)
    assert isinstance(up, Moved)
    assert up.changes == {"group_id": 5, "level": Level.L3, "state": State.ESCALATED}


def test_a_new_group_without_a_person_takes_the_person_away() -> None:
    moved = transition(
        ticket(state=State.ASSIGNED, group_id=1, assignee_id=7), Command(Verb.ASSIGN, group_id=2)
    )

    assert isinstance(moved, Moved)
    assert moved.changes == {"group_id": 2, "assignee_id": None}


def test_the_level_follows_the_group_but_l3_takes_hand_overs_only() -> None:
    seen = ticket(state=State.ASSIGNED, level=Level.L1, group_id=1)
    up = transition(seen, Command(Verb.ASSIGN, group_id=2, level=Level.L2))
    around = transition(seen, Command(Verb.ASSIGN, group_id=3, level=Level.L3))
    within = transition(
        ticket(state=State.ASSIGNED, level=Level.L3, group_id=3),
        Command(Verb.ASSIGN, group_id=4, level=Level.L3),
    )

    assert isinstance(up, Moved)
    assert up.changes["level"] is Level.L2
    assert around == Refused(Verb.ASSIGN, Refusal.NEEDS_HAND_OVER)
    assert isinstance(within, Moved)


def test_reassigning_a_waiting_ticket_keeps_it_waiting() -> None:
    moved = transition(
        ticket(state=State.PENDING, pending_reason=PendingReason.CUSTOMER),
        Command(Verb.ASSIGN, assignee_id=7),
    )

    assert isinstance(moved, Moved)
    assert moved.after is State.PENDING
    assert moved.changes == {"assignee_id": 7}


def test_leaving_pending_forgets_the_reason() -> None:
    moved = transition(
        ticket(state=State.PENDING, pending_reason=PendingReason.VENDOR), Command(Verb.RESUME)
    )

    assert isinstance(moved, Moved)
    assert moved.changes == {"state": State.IN_PROGRESS, "pending_reason": None}


def test_reopening_counts_and_takes_the_resolution_away() -> None:
    moved = transition(
        ticket(
            state=State.CLOSED,
            resolution_code=ResolutionCode.FIXED,
            resolution_text="Neu gestartet.",
            reopened=1,
        ),
        Command(Verb.REOPEN, reason="Wieder da"),
    )

    assert isinstance(moved, Moved)
    assert moved.changes == {
        "state": State.IN_PROGRESS,
        "reopened": 2,
        "resolution_code": None,
        "resolution_text": "",
    }


def test_assigning_to_the_same_person_changes_nothing() -> None:
    refused = transition(
        ticket(state=State.ASSIGNED, assignee_id=7), Command(Verb.ASSIGN, assignee_id=7)
    )

    assert refused == Refused(Verb.ASSIGN, Refusal.NOTHING_CHANGES)


@pytest.mark.parametrize(
    ("verb", "level", "state"),
    [(Verb.ESCALATE, Level.L3, State.IN_PROGRESS), (Verb.RETURN, Level.L1, State.IN_PROGRESS)],
)
def test_nothing_is_above_l3_and_l1_has_nobody_to_return_to(
    verb: Verb, level: Level, state: State
) -> None:
    seen: Any = ticket(state=state, level=level)

    assert verb not in {action.verb for action in allowed(seen)}
    assert transition(seen, _complete(verb)) == Refused(verb, Refusal.WRONG_STATE)
