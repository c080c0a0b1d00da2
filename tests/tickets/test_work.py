"""Tickets from intake to close, on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from kb_assist.errors import InputError, NotFoundError
from kb_assist.storage.tables.tickets import ticket_events
from kb_assist.tickets import comments_store, events_store, store
from kb_assist.tickets.autoclose import close_resolved
from kb_assist.tickets.bulk import Chosen, move_all
from kb_assist.tickets.comments import Words, comment
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.intake import create
from kb_assist.tickets.lifecycle import Command, Refusal, Refused, Verb
from kb_assist.tickets.links import link_ticket
from kb_assist.tickets.model import (
    SYSTEM,
    CommentKind,
    Conflict,
    Draft,
    Edit,
    EventKind,
    Level,
    PendingReason,
    Priority,
    ResolutionCode,
    Saved,
    State,
    Ticket,
    TicketRelation,
)
from kb_assist.tickets.work import carry_out, edit, move
from tests.tickets.builders import MONDAY
from tests.tickets.conftest import LENA, NETWORK, OMAR, SECOND_LEVEL, SERVICE_DESK, House, as_

VPN = Draft("VPN geht nicht", "Fehler 809 beim Verbinden von zu Hause.", urgency=1)
FIXED = Command(
    Verb.RESOLVE, resolution_code=ResolutionCode.FIXED, resolution_text="Router neu gestartet."
)
HOUR = timedelta(hours=1)


def _moved(desk: Desk, ticket_id: int, command: Command) -> Ticket:
    outcome = move(desk, ticket_id, command)
    assert isinstance(outcome, Saved), outcome
    return outcome.ticket


def test_a_new_ticket_has_language_priority_and_deadlines(desk: Desk) -> None:
    ticket = create(desk, VPN).ticket

    assert store.get(desk.connection, ticket.id) == ticket
    assert (ticket.state, ticket.language, ticket.priority) == (State.NEW, "de", Priority.P3)
    assert ticket.response_due == MONDAY + 2 * HOUR
    assert ticket.resolution_due == MONDAY + timedelta(days=1, hours=24)


def test_a_source_that_sends_a_ticket_twice_gets_the_first_one(desk: Desk) -> None:
    draft = Draft("VPN", "geht nicht", source="zammad", external_id="4711")
    first, second = create(desk, draft), create(desk, draft)

    assert (first.is_new, second.is_new) == (True, False)
    assert second.ticket == first.ticket


def test_a_ticket_without_subject_takes_its_first_line(desk: Desk) -> None:
    assert create(desk, Draft("", "Drucker streikt.\nSeit heute.")).ticket.subject == (
        "Drucker streikt."
    )


def test_a_long_first_line_gives_a_subject_that_fits_a_list(desk: Desk) -> None:
    subject = create(desk, Draft("", "Der Drucker " + "streikt sehr " * 40)).ticket.subject

    assert len(subject) <= 120
    assert subject.endswith(("streikt …", "sehr …")), "no word is cut"


def test_the_whole_life_of_a_ticket_is_in_the_audit(house: House) -> None:
    with house.desk(SYSTEM) as desk:
        ticket_id = create(desk, VPN).ticket.id
    with house.desk(LENA, after=HOUR) as desk:
        _moved(desk, ticket_id, Command(Verb.ASSIGN, assignee_id=1, group_id=SERVICE_DESK))
        _moved(desk, ticket_id, Command(Verb.START))
        comment(desk, ticket_id, Words(CommentKind.AGENT, "Welcher Router?"))
        _moved(desk, ticket_id, Command(Verb.WAIT, pending_reason=PendingReason.CUSTOMER))
    with house.desk(SYSTEM, after=HOUR) as desk:
        comment(desk, ticket_id, Words(CommentKind.REQUESTER, "Der neue vom Anbieter."))
    with house.desk(LENA, after=HOUR) as desk:
        _moved(desk, ticket_id, FIXED)
        _moved(desk, ticket_id, Command(Verb.CLOSE))
    with house.desk() as desk:
        ticket = store.get(desk.connection, ticket_id)
        events = events_store.of_ticket(desk.connection, ticket_id)

    assert ticket.state is State.CLOSED
    assert ticket.first_response_at == MONDAY + HOUR
    assert ticket.resolved_at == MONDAY + 3 * HOUR
    # One hour of waiting for the customer does not count.
    assert ticket.resolution_due == MONDAY + timedelta(days=2, hours=1)
    told = [(event.kind.value, event.after.get("verb"), event.actor.name) for event in events]
    assert told == [
        ("created", None, "kb-assist"),
        ("assigned", "assign", "Lena"),
        ("moved", "start", "Lena"),
        ("commented", None, "Lena"),
        ("moved", "wait", "Lena"),
        ("commented", None, "kb-assist"),
        ("moved", "resume", "kb-assist"),
        ("moved", "resolve", "Lena"),
        ("moved", "close", "Lena"),
    ]
    assert events[7].before["state"] == "in_progress"
    assert events[7].after["resolution_text"] == "Router neu gestartet."


def test_a_waiting_ticket_has_no_deadline_and_resumes_with_a_later_one(house: House) -> None:
    with house.desk() as desk:
        ticket_id = create(desk, VPN).ticket.id
        waiting = _moved(desk, ticket_id, Command(Verb.WAIT, pending_reason=PendingReason.VENDOR))
    with house.desk(after=2 * HOUR) as desk:
        resumed = _moved(desk, ticket_id, Command(Verb.RESUME))

    assert waiting.resolution_due is None
    assert resumed.resolution_due == MONDAY + timedelta(days=2, hours=2)


def test_a_refused_move_writes_nothing(desk: Desk) -> None:
    ticket = create(desk, VPN).ticket

    assert move(desk, ticket.id, Command(Verb.RESOLVE)) == Refused(
        Verb.RESOLVE, Refusal.MISSING_FIELDS, ("resolution_code", "resolution_text")
    )
    assert store.get(desk.connection, ticket.id) == ticket
    assert len(events_store.of_ticket(desk.connection, ticket.id)) == 1


def test_the_second_of_two_people_sees_what_the_first_changed(desk: Desk) -> None:
    ticket = create(desk, VPN).ticket
    move(desk, ticket.id, Command(Verb.ASSIGN, assignee_id=1), seen=1)
    late = move(as_(desk, OMAR), ticket.id, Command(Verb.ASSIGN, assignee_id=2), seen=1)

    assert isinstance(late, Conflict)
    assert late.current.assignee_id == 1
    assert [(e.actor.name, e.after["assignee_id"]) for e in late.changes] == [("Lena", 1)]
    assert isinstance(edit(desk, ticket.id, Edit(urgency=3), seen=1), Conflict)


def test_a_note_of_a_reassignment_is_kept(desk: Desk) -> None:
    ticket = create(desk, VPN).ticket
    command = Command(Verb.ASSIGN, group_id=SECOND_LEVEL, reason="Braucht Rechte am Gateway")
    move(desk, ticket.id, command)
    event = events_store.of_ticket(desk.connection, ticket.id)[-1]

    assert event.note == "Braucht Rechte am Gateway"
    assert event.after == {
        "group_id": SECOND_LEVEL,
        "level": "l2",
        "state": "assigned",
        "verb": "assign",
    }


def test_an_escalation_takes_the_level_of_its_group(desk: Desk) -> None:
    ticket = create(desk, VPN).ticket
    command = Command(Verb.ESCALATE, group_id=NETWORK)
    escalated = carry_out(desk, ticket.id, command)

    assert isinstance(escalated, Saved)
    assert (escalated.ticket.state, escalated.ticket.level) == (State.ESCALATED, Level.L3)
    assert move(desk, ticket.id, command) == Refused(Verb.ESCALATE, Refusal.NEEDS_HAND_OVER)
    with pytest.raises(NotFoundError):
        move(desk, ticket.id, Command(Verb.ASSIGN, group_id=99))


def test_changing_the_urgency_moves_priority_and_deadlines(desk: Desk) -> None:
    ticket = create(desk, VPN).ticket
    saved = edit(desk, ticket.id, Edit(impact=1, subject="VPN für alle"))

    assert isinstance(saved, Saved)
    assert saved.ticket.priority is Priority.P1
    assert saved.ticket.resolution_due == MONDAY + 4 * HOUR
    event = events_store.of_ticket(desk.connection, ticket.id)[-1]
    assert event.before == {"impact": 3, "priority": 3, "subject": "VPN geht nicht"}


@pytest.mark.parametrize("wanted", [Edit(impact=4), Edit(subject=" "), Edit(subject="x" * 501)])
def test_impossible_values_are_refused(desk: Desk, wanted: Edit) -> None:
    ticket = create(desk, VPN).ticket
    with pytest.raises(InputError):
        edit(desk, ticket.id, wanted)


def test_a_bulk_move_says_for_each_ticket_what_happened(desk: Desk) -> None:
    one, two = create(desk, VPN).ticket, create(desk, VPN).ticket
    _moved(desk, two.id, FIXED)
    results = move_all(
        desk, [Chosen(one.id), Chosen(two.id, seen=1), Chosen(999)], Command(Verb.CLOSE)
    )

    assert [type(r.outcome).__name__ for r in results] == ["Refused", "Conflict", "NoneType"]


def test_open_blockers_hold_a_ticket_back(desk: Desk) -> None:
    ticket, blocker = create(desk, VPN).ticket, create(desk, VPN).ticket
    link_ticket(desk, ticket.id, blocker.id, TicketRelation.DEPENDS_ON)
    held = move(desk, ticket.id, FIXED)
    _moved(desk, blocker.id, FIXED)

    assert held == Refused(Verb.RESOLVE, Refusal.OPEN_BLOCKERS, tickets=(blocker.id,))
    assert _moved(desk, ticket.id, FIXED).state is State.RESOLVED


def test_quiet_tickets_are_closed_and_held_ones_are_left(house: House) -> None:
    with house.desk() as desk:
        quiet, held, child = (create(desk, VPN).ticket.id for _ in range(3))
        link_ticket(desk, child, held, TicketRelation.CHILD_OF)
        _moved(desk, quiet, FIXED)
        _moved(desk, held, FIXED)
    with house.desk(SYSTEM, after=timedelta(days=8)) as desk:
        fresh = create(desk, VPN).ticket.id
        _moved(desk, fresh, FIXED)
        closed = close_resolved(desk, timedelta(days=7))
        states = {
            key: t.state for key, t in store.many(desk.connection, [quiet, held, fresh]).items()
        }

    assert (closed.count, closed.last_id) == (1, None)
    assert states == {quiet: State.CLOSED, held: State.RESOLVED, fresh: State.RESOLVED}


def test_a_comment_that_comes_twice_is_written_once(desk: Desk) -> None:
    ticket = create(desk, VPN).ticket
    words = Words(CommentKind.REQUESTER, "Noch immer.", source="mail", external_id="<1@x>")
    first, second = comment(desk, ticket.id, words), comment(desk, ticket.id, words)

    assert first == second
    assert len(comments_store.of_ticket(desk.connection, ticket.id)) == 1


def test_an_empty_comment_is_refused(desk: Desk) -> None:
    ticket = create(desk, VPN).ticket
    with pytest.raises(InputError):
        comment(desk, ticket.id, Words(CommentKind.INTERNAL, " \n"))


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_audit_cannot_be_rewritten(house: House, verb: str) -> None:
    with house.desk() as desk:
        create(desk, VPN)
    forging: Any = (
        ticket_events.delete() if verb == "delete" else ticket_events.update().values(kind="x")
    )
    with pytest.raises(DBAPIError, match="append-only"), house.desk() as desk:
        desk.connection.execute(forging)


def test_of_many_people_saving_at_once_exactly_one_wins_each_version(house: House) -> None:
    with house.desk() as desk:
        ticket_id = create(desk, VPN).ticket.id
    outcomes: list[str] = []

    def save(number: int) -> None:
        with house.desk(OMAR) as desk:
            wanted = Edit(product=f"Produkt {number}")
            outcomes.append(type(edit(desk, ticket_id, wanted, seen=1)).__name__)

    threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with house.desk() as desk:
        ticket = store.get(desk.connection, ticket_id)

    assert sorted(outcomes) == ["Conflict"] * 7 + ["Saved"]
    assert ticket.version == 2


def test_first_change_event_kinds_are_recorded(desk: Desk) -> None:
    ticket = create(desk, VPN).ticket
    edit(desk, ticket.id, Edit(product="VPN"))

    assert [e.kind for e in events_store.of_ticket(desk.connection, ticket.id)] == [
        EventKind.CREATED,
        EventKind.CHANGED,
    ]
