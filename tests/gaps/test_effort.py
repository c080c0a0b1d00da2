"""Work on a ticket is what its log shows while it was in progress, and no more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kb_assist.gaps import stock
from kb_assist.gaps.effort import Trace, handled
from kb_assist.tickets import comments, work
from kb_assist.tickets.lifecycle import Command, Verb
from kb_assist.tickets.model import CommentKind
from tests.gaps.conftest import OTHERS, Watch
from tests.tickets.builders import MONDAY
from tests.tickets.conftest import LENA

MINUTE = timedelta(minutes=1)


def _log(*traces: tuple[int, bool, str]) -> list[Trace]:
    return [Trace(MONDAY + at * MINUTE, by_agent, state) for at, by_agent, state in traces]


@pytest.mark.parametrize(
    ("log", "minutes"),
    [
        (_log((0, True, "in_progress"), (12, True, ""), (20, True, "resolved")), 20),
        (_log((0, True, "in_progress"), (300, True, "resolved")), 30),
        (_log((0, True, "new"), (12, True, "in_progress"), (15, True, "")), 3),
        (_log((0, True, "in_progress"), (5, True, "pending"), (25, True, "in_progress")), 5),
        (_log((0, True, "in_progress"), (5, False, ""), (25, True, "resolved")), 0),
        (_log((0, False, "new"), (9, False, "closed")), 0),
        ([], 0),
    ],
)
def test_work_lies_between_what_agents_did_in_progress(log: list[Trace], minutes: int) -> None:
    assert handled(log) == minutes * MINUTE


def _work(watch: Watch, ticket: int) -> None:
    """Ten minutes of it."""
    with watch.house.desk() as desk:
        work.move(desk, ticket, Command(Verb.ASSIGN, assignee_id=LENA.user_id))
        work.move(desk, ticket, Command(Verb.START))
    with watch.house.desk(after=10 * MINUTE) as desk:
        comments.comment(desk, ticket, comments.Words(CommentKind.INTERNAL, "Looked at it."))


def test_the_stock_knows_the_work_of_each_ticket(watch: Watch) -> None:
    ids = watch.tell(*OTHERS[:2])
    _work(watch, ids[0])
    with watch.house.database.read() as connection:
        found = stock.unexplained(connection, MONDAY - timedelta(days=9))
        named = stock.of_ids(connection, frozenset(ids))

    assert [round(one.handled_hours * 60) for one in found] == [10, 0]
    assert [one.handled_hours for one in named] == [one.handled_hours for one in found]
