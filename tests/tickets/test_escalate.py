"""Hand-overs to L3 with a dossier, on both databases."""

from __future__ import annotations

import pytest

from kb_assist.errors import InputError, NotFoundError
from kb_assist.tickets import events_store, store
from kb_assist.tickets.comments import Words, comment
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.handover import store as handover_store
from kb_assist.tickets.handover.dossier import Item, Weight
from kb_assist.tickets.handover.escalate import accept, answer_item, dossier, give_back, hand_over
from kb_assist.tickets.handover.model import (
    HandedOver,
    ItemFaults,
    Outcome,
    Outside,
    Request,
    Return,
)
from kb_assist.tickets.intake import create
from kb_assist.tickets.lifecycle import Command, Refusal, Refused, Verb
from kb_assist.tickets.links import link_article, link_ci
from kb_assist.tickets.model import (
    ArticleRole,
    CommentKind,
    Conflict,
    Draft,
    Level,
    RecordRole,
    ResolutionCode,
    Saved,
    State,
)
from kb_assist.tickets.records.importing import apply_import, plan_import
from kb_assist.tickets.work import move
from tests.tickets.conftest import INES, NETWORK, OMAR, SECOND_LEVEL, SERVICE_DESK, as_

ANSWERS = {
    "since_when": "seit heute 8 Uhr",
    "site": "Halle 2, Kabel",
    "addresses": "NB-0377 nach 10.1.2.3:443",
    "steps_tried": "anderes Kabel, anderer Port",
}


@pytest.fixture
def ticket_id(desk: Desk) -> int:
    """Being worked on by Omar in the second level, with a configuration item."""
    apply_import(desk, plan_import(desk, "cis", "key,name\nNB-0377,Notebook\n"))
    draft = Draft(
        "Netz weg",
        "Keine Verbindung.",
        requester_name="Jana Beispiel",
        requester_email="j@x.example",
    )
    made = create(desk, draft).ticket.id
    link_ci(desk, made, 1, RecordRole.PRIMARY)
    move(desk, made, Command(Verb.ASSIGN, group_id=SERVICE_DESK, assignee_id=1))
    handed = hand_over(desk, made, Request(SECOND_LEVEL))
    assert isinstance(handed, HandedOver)
    accept(as_(desk, OMAR), made)
    return made


def _answer_all(desk: Desk, ticket_id: int) -> None:
    for key, value in ANSWERS.items():
        answer_item(desk, ticket_id, key, value)


def test_an_incomplete_dossier_is_refused_and_names_what_is_missing(
    desk: Desk, ticket_id: int
) -> None:
    refused = hand_over(desk, ticket_id, Request(NETWORK))

    assert refused == Refused(
        Verb.ESCALATE,
        Refusal.INCOMPLETE_DOSSIER,
        ("since_when", "site", "addresses", "steps_tried"),
    )
    assert store.get(desk.connection, ticket_id).state is State.IN_PROGRESS


def test_a_complete_one_goes_and_is_kept_as_it_was(desk: Desk, ticket_id: int) -> None:
    _answer_all(desk, ticket_id)
    link_article(desk, ticket_id, "KB-3", role=ArticleRole.TRIED)
    comment(desk, ticket_id, Words(CommentKind.INTERNAL, "Switch 4, Port 12"))
    handed = hand_over(
        as_(desk, OMAR), ticket_id, Request(NETWORK, outside=Outside(tool_status={"VPN": "up"}))
    )
    answer_item(desk, ticket_id, "site", "doch Halle 3")
    assert isinstance(handed, HandedOver)
    first, second = handover_store.of_ticket(desk.connection, ticket_id)

    assert (handed.ticket.state, handed.ticket.level) == (State.ESCALATED, Level.L3)
    assert (first.outcome, second.outcome) == (Outcome.ACCEPTED, Outcome.WAITING)
    assert second.number == 2
    assert second.by == "Omar"
    kept = {f.item.key: f.value for f in second.dossier.filled}
    assert kept["site"] == "Halle 2, Kabel"
    assert kept["primary_ci"] == "NB-0377 (Art: other, Status: in Betrieb)"
    assert kept["tool_status"] == "VPN: up"
    assert second.dossier.articles == (("KB-3", "tried"),)
    assert "Switch 4, Port 12" in [entry.text for entry in second.dossier.timeline]


def test_a_reason_overrides_missing_facts_and_is_kept(desk: Desk, ticket_id: int) -> None:
    handed = hand_over(desk, ticket_id, Request(NETWORK, override_reason="Werk steht still"))
    last = handover_store.of_ticket(desk.connection, ticket_id)[-1]

    assert isinstance(handed, HandedOver)
    assert last.override_reason == "Werk steht still"
    assert last.completeness < 100
    event = events_store.of_ticket(desk.connection, ticket_id)[-1]
    assert event.after["overridden"] is True


def test_l3_returns_it_to_whoever_handed_it_over_and_the_template_counts(
    desk: Desk, ticket_id: int
) -> None:
    hand_over(desk, ticket_id, Request(NETWORK, override_reason="eilig"))
    back = give_back(
        as_(desk, INES), ticket_id, Return("Woher kommt der Verkehr?", ("addresses", "site"))
    )
    assert isinstance(back, Saved)
    last = handover_store.of_ticket(desk.connection, ticket_id)[-1]

    ticket = back.ticket
    assert (ticket.state, ticket.level) == (State.ASSIGNED, Level.L2)
    assert (ticket.group_id, ticket.assignee_id) == (SECOND_LEVEL, 2)
    assert (last.outcome, last.return_reason) == (Outcome.RETURNED, "Woher kommt der Verkehr?")
    assert last.faulty_items == ("addresses", "site")
    assert handover_store.fault_counts(desk.connection, NETWORK) == (
        ItemFaults("addresses", 1, 1),
        ItemFaults("site", 1, 1),
    )


def test_returned_completed_and_accepted(desk: Desk, ticket_id: int) -> None:
    hand_over(desk, ticket_id, Request(NETWORK, override_reason="eilig"))
    give_back(as_(desk, INES), ticket_id, Return("Unvollständig"))
    _answer_all(desk, ticket_id)
    again = hand_over(desk, ticket_id, Request(NETWORK))
    taken = accept(as_(desk, INES), ticket_id)

    assert isinstance(again, HandedOver)
    assert isinstance(taken, Saved)
    assert (taken.ticket.state, taken.ticket.assignee_id) == (State.IN_PROGRESS, 3)
    outcomes = [h.outcome.value for h in handover_store.of_ticket(desk.connection, ticket_id)]
    assert outcomes == ["accepted", "returned", "accepted"]


def test_a_ticket_resolved_before_anybody_accepts_withdraws_the_hand_over(
    desk: Desk, ticket_id: int
) -> None:
    hand_over(desk, ticket_id, Request(NETWORK, override_reason="eilig"))
    command = Command(
        Verb.RESOLVE, resolution_code=ResolutionCode.FIXED, resolution_text="Kabel steckte nicht."
    )
    move(desk, ticket_id, command)

    last = handover_store.of_ticket(desk.connection, ticket_id)[-1]
    assert last.outcome is Outcome.WITHDRAWN


def test_a_return_needs_a_reason_and_known_items(desk: Desk, ticket_id: int) -> None:
    hand_over(desk, ticket_id, Request(NETWORK, override_reason="eilig"))

    assert give_back(desk, ticket_id, Return(" ")) == Refused(
        Verb.RETURN, Refusal.MISSING_FIELDS, ("reason",)
    )
    with pytest.raises(InputError, match="colour"):
        give_back(desk, ticket_id, Return("x", ("colour",)))


def test_a_hand_over_of_what_somebody_changed_meanwhile_is_a_conflict(
    desk: Desk, ticket_id: int
) -> None:
    _answer_all(desk, ticket_id)

    assert isinstance(hand_over(desk, ticket_id, Request(NETWORK), seen=1), Conflict)
    assert len(handover_store.of_ticket(desk.connection, ticket_id)) == 1


def test_a_group_may_have_its_own_template(desk: Desk, ticket_id: int) -> None:
    words = {"de": "Port", "en": "Port"}
    items = [Item("switch_port", Weight.REQUIRED, words, words)]
    handover_store.save_template(desk.connection, NETWORK, "Netz", items, desk.now)
    shown = dossier(desk.connection, ticket_id, NETWORK)

    assert (shown.template, shown.completeness) == ("Netz", 0)
    answer_item(desk, ticket_id, "switch_port", "4/12")
    assert dossier(desk.connection, ticket_id, NETWORK).completeness == 100
    answer_item(desk, ticket_id, "switch_port", "")
    assert dossier(desk.connection, ticket_id, NETWORK).completeness == 0
    with pytest.raises(NotFoundError):
        dossier(desk.connection, ticket_id, 99)
