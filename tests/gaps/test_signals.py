"""What people say about suggestions outweighs what the index claims."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert

from kb_assist.articles.reports import ParagraphReport
from kb_assist.gaps import signals_store, stock
from kb_assist.gaps.model import Chances
from kb_assist.gaps.signals import OVERRULED_CHANCE, Told, corrected, counted, weight
from kb_assist.monitoring import outages_store
from kb_assist.monitoring.outage_model import NewOutage
from kb_assist.storage.tables.monitoring import surge_tickets, surges
from kb_assist.tickets import feedback_store
from kb_assist.tickets.feedback_model import Signal, SignalKind, SubjectKind
from tests.gaps.conftest import BADGE, OTHERS, Watch
from tests.tickets.builders import MONDAY

SURE = Chances(0.99, 0.99, "KB-1")
A = frozenset({"KB-1"})


@pytest.mark.parametrize(
    "told",
    [
        Told(dismissed=A),
        Told(did_not_help=A),
        Told(shown=A, none_of_these=1),
        Told(shown=A, guides_failed=1),
        Told(none_of_these=1),
        Told(solved_by=A, reopened=1),
    ],
)
def test_an_article_that_people_found_wanting_answers_nothing(told: Told) -> None:
    assert corrected(SURE, told).first == OVERRULED_CHANCE


@pytest.mark.parametrize(
    "told",
    [
        Told(),
        Told(shown=A),
        Told(dismissed=frozenset({"KB-2"})),
        Told(shown=frozenset({"KB-2"}), none_of_these=1),
        Told(solved_by=A),
    ],
)
def test_a_judgement_is_about_the_articles_it_was_about(told: Told) -> None:
    assert corrected(SURE, told) == SURE


def test_searches_of_others_weigh_half_a_ticket() -> None:
    assert weight(2, 1) < 3 <= weight(2, 2)


def test_signals_are_counted_by_ticket_and_searches_one_by_one() -> None:
    found = counted([Told(dismissed=A, failed_searches=2), Told(dismissed=A), Told()])

    assert (found["dismissed"], found["failed_searches"]) == (2, 2)


def _say(watch: Watch, ticket_id: int, *signals: Signal) -> None:
    with watch.house.database.write() as connection:
        feedback_store.add(connection, signals, ticket_id=ticket_id, user_id=1, at=watch.house.now)


MAILBOX = ("mailbox full 5.2.2", "full mailbox 5.2.2 mail", "mail 5.2.2 mailbox is full")


def test_tickets_whose_answer_was_dismissed_become_a_gap(watch: Watch) -> None:
    tickets = watch.tell(*MAILBOX)
    watch.tell(*OTHERS)
    watch.detect()
    before = watch.gaps()
    for ticket in tickets:
        _say(watch, ticket, Signal(SignalKind.DISMISS, subject_id="KB-1"))
    watch.detect()

    assert before == ()
    assert watch.gap().facts["signals"]["dismissed"] == 3


def test_two_tickets_and_two_searches_of_others_are_a_gap(watch: Watch) -> None:
    watch.tell(*BADGE[:2], *OTHERS)
    watch.detect()
    before = watch.gaps()
    (other,) = watch.tell("window does not close")
    for words in ("badge turnstile door", "turnstile refuses badge entry Muster"):
        search = Signal(SignalKind.FAILED_SEARCH, SubjectKind.NOTHING, query=words)
        _say(watch, other, search, search)
    watch.detect()
    facts = watch.gap().facts

    assert before == ()
    assert (facts["tickets"], facts["signals"]["failed_searches"]) == (2, 2)
    assert len(facts["searches"]) == 2
    assert "Muster" not in str(facts)


def test_tickets_of_an_outage_or_a_surge_are_left_out(watch: Watch) -> None:
    in_outage, in_surge, in_dismissed, alone = watch.tell(*OTHERS)
    surge = {"stage": "active", "started_at": MONDAY, "usual": 0.1, "model_key": "m", "centre": b""}
    with watch.house.database.write() as connection:
        outage = outages_store.add(connection, NewOutage("person", "Mail", MONDAY))
        outages_store.link(connection, outage, in_outage, by="Lena", at=MONDAY)
        told = [
            surge | {"id": 1, "title": "One", "dismissed_at": None},
            surge | {"id": 2, "title": "Two", "dismissed_at": MONDAY},
        ]
        connection.execute(insert(surges), told)
        pairs = [(1, in_surge), (2, in_dismissed)]
        rows = [{"surge_id": surge_id, "ticket_id": ticket} for surge_id, ticket in pairs]
        connection.execute(insert(surge_tickets), rows)
    with watch.house.database.read() as connection:
        found = stock.unexplained(connection, MONDAY - timedelta(days=1))

    assert [ticket.id for ticket in found] == [in_dismissed, alone]


def test_reported_paragraphs_are_counted_by_article(watch: Watch) -> None:
    at = watch.house.now
    reports = [
        ParagraphReport(when.isoformat(), "KB-1", "", "", "", "Wrong")
        for when in (at, at - timedelta(days=200))
    ]
    with watch.house.database.read() as connection:
        heard = signals_store.heard(connection, at - timedelta(days=90), reports)

    assert heard.flags == {"KB-1": 1}


def test_terms_are_words_that_people_wrote(watch: Watch) -> None:
    watch.tell(*BADGE, *OTHERS)
    watch.detect()

    assert {"turnstile", "badge", "entry"} <= set(watch.gap().facts["terms"])
