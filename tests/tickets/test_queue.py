"""Queues, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kb_assist.errors import InputError, NotFoundError
from kb_assist.tickets.comments import Words, comment
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.intake import create
from kb_assist.tickets.lifecycle import Command, Verb
from kb_assist.tickets.model import CommentKind, Draft, PendingReason, Priority, ResolutionCode
from kb_assist.tickets.queue import (
    counts,
    forget_filter,
    look,
    parse_query,
    save_filter,
    saved_filters,
)
from kb_assist.tickets.queue_model import Count, Order, QueueQuery, View, Viewer
from kb_assist.tickets.work import carry_out, move
from tests.tickets.builders import MONDAY
from tests.tickets.conftest import NETWORK, SERVICE_DESK, House

HOUR = timedelta(hours=1)
LENA = Viewer(MONDAY, 1, (SERVICE_DESK, NETWORK))


def _seen(desk: Desk, query: QueueQuery, viewer: Viewer = LENA) -> list[str]:
    return [t.subject for t in look(desk.connection, query, viewer=viewer).rows]


@pytest.fixture
def filled(house: House) -> House:
    """Seven tickets; their names say what they are."""
    with house.desk() as desk:
        made = {
            name: create(desk, Draft(name, text, urgency=urgency)).ticket.id
            for name, text, urgency in (
                ("new", "Drucker druckt nicht", 3),
                ("mine", "VPN Fehler 809 auf NB-0377", 2),
                ("group", "Warteschlangen hängen", 1),
                ("escalated", "Netz langsam", 1),
                ("waiting", "Neues Gerät bestellt", 2),
                ("resolved", "Postfach voll, 5.2.2", 2),
            )
        }
        urgent = create(desk, Draft("urgent", "Alles steht", impact=1, urgency=1)).ticket.id
        for name, command in {
            "mine": Command(Verb.ASSIGN, assignee_id=1),
            "group": Command(Verb.ASSIGN, group_id=SERVICE_DESK),
            "escalated": Command(Verb.ESCALATE, group_id=NETWORK),
            "waiting": Command(Verb.WAIT, pending_reason=PendingReason.VENDOR),
            "resolved": Command(
                Verb.RESOLVE, resolution_code=ResolutionCode.FIXED, resolution_text="Geleert."
            ),
        }.items():
            carry_out(desk, made[name], command)
        move(desk, urgent, Command(Verb.ASSIGN, assignee_id=2))
    return house


def test_every_view_shows_its_tickets(filled: House) -> None:
    with filled.desk() as desk:
        shown = {
            view: _seen(desk, QueueQuery(view=view, order=Order.OLDEST))
            for view in (View.MY, View.MY_GROUPS, View.UNASSIGNED, View.WAITING_FOR_ME)
        }
        opened = _seen(desk, QueueQuery())
        closed = _seen(desk, QueueQuery(view=View.RECENTLY_CLOSED))

    assert shown == {
        View.MY: ["mine"],
        View.MY_GROUPS: ["group", "escalated"],
        View.UNASSIGNED: ["new", "group", "escalated", "waiting"],
        View.WAITING_FOR_ME: ["escalated"],
    }
    assert (len(opened), closed) == (6, ["resolved"])


def test_breached_and_due_soon_follow_the_clock(filled: House) -> None:
    late = Viewer(MONDAY + 3 * HOUR + 10 * timedelta(minutes=1), 1, ())
    with filled.desk() as desk:
        breached = _seen(desk, QueueQuery(view=View.BREACHED), late)
        soon = _seen(desk, QueueQuery(view=View.DUE_SOON), late)

    # P1 answers within 15 minutes, P3 within two hours, P4 within four; the resolved one is done
    # and the waiting one waits.
    assert breached == ["urgent", "group", "escalated"]
    assert soon == ["mine"]


def test_the_nearest_deadline_comes_first_and_none_last(filled: House) -> None:
    with filled.desk() as desk:
        assert _seen(desk, QueueQuery()) == [
            "urgent",
            "group",
            "escalated",
            "mine",
            "new",
            "waiting",
        ]


@pytest.mark.parametrize("order", list(Order))
def test_pages_show_every_ticket_once_in_order(filled: House, order: Order) -> None:
    query = QueueQuery(view=View.ALL, order=order)
    with filled.desk() as desk:
        whole = look(desk.connection, query, viewer=LENA)
        pieces, cursor = [], None
        for _ in range(4):
            page = look(desk.connection, query, viewer=LENA, cursor=cursor, limit=2)
            pieces += list(page.rows)
            cursor = page.next_cursor

    assert len(whole.rows) == 7
    assert pieces == list(whole.rows)
    assert cursor is None


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "e30", "WyJkdWUiXQ", "WyJuZXdlc3QiLDEsMl0", "bnVsbA", "ä", "WyJkdWUiLDEsMV0"],
)
def test_a_foreign_cursor_is_an_input_error(desk: Desk, cursor: str) -> None:
    with pytest.raises(InputError):
        look(desk.connection, QueueQuery(), viewer=LENA, cursor=cursor)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("809", ["mine"]),
        ("nb-0377", ["mine"]),
        ("NB-0377 vpn", ["mine"]),
        ("drucker", ["new"]),
        ("druck", ["new"]),
        ("warteschlange", ["group"]),
        ("WARTESCHL", ["group"]),
        ("haengen", ["group"]),
        ("5.2.2", ["resolved"]),
        ("geleert", ["resolved"]),
        ("netz drucker", []),
        ("T-1", ["new"]),
        ("' OR 1=1 --", []),
        ('"*', []),
    ],
)
def test_text_finds_words_beginnings_stems_and_identifiers(
    filled: House, text: str, expected: list[str]
) -> None:
    with filled.desk() as desk:
        assert _seen(desk, QueueQuery(view=View.ALL, text=text)) == expected


def test_words_of_comments_are_found(desk: Desk) -> None:
    ticket = create(desk, Draft("VPN", "geht nicht")).ticket
    comment(desk, ticket.id, Words(CommentKind.INTERNAL, "Konzentrator in Halle 7 getauscht"))

    assert _seen(desk, QueueQuery(text="konzentrator")) == ["VPN"]


def test_filters_hold_together(filled: House) -> None:
    with filled.desk() as desk:
        assert _seen(desk, QueueQuery(priorities=(Priority.P3,), group_id=NETWORK)) == ["escalated"]
        assert _seen(desk, QueueQuery(assignee_id=2)) == ["urgent"]


def test_counts_stop_at_their_limit(filled: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb_assist.tickets.queue_store.MOST_COUNTED", 5)
    with filled.desk() as desk:
        counted = counts(desk.connection, LENA)

    assert counted[View.MY] == Count(1)
    assert counted[View.OPEN] == Count(5, is_more=True)


def test_a_filter_is_kept_replaced_and_forgotten(desk: Desk) -> None:
    query = QueueQuery(priorities=(Priority.P1,), text="vpn", order=Order.NEWEST)
    first = save_filter(desk.connection, 1, " VPN  eilig ", QueueQuery())
    again = save_filter(desk.connection, 1, "VPN eilig", query)
    (kept,) = saved_filters(desk.connection, 1)

    assert (first, kept.name, kept.query) == (again, "VPN eilig", query)
    with pytest.raises(NotFoundError):
        forget_filter(desk.connection, 2, first)
    forget_filter(desk.connection, 1, first)
    assert saved_filters(desk.connection, 1) == ()


def test_a_query_from_outside_is_checked() -> None:
    assert parse_query({"view": "my", "states": ["new"]}).view is View.MY
    with pytest.raises(InputError, match="view"):
        parse_query({"view": "everything"})
