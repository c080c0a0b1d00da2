"""Guide sessions in both databases: nothing lost, nothing doubled, nothing changed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from kb_assist.guides import database_store
from kb_assist.guides.database_store import DatabaseStore
from kb_assist.guides.decide import Opening
from kb_assist.guides.library import load_folder
from kb_assist.guides.model import Channel, Guide
from kb_assist.guides.run import (
    AddNote,
    AnswerStep,
    Command,
    End,
    HandOver,
    Refusal,
    RefusalCode,
    Reopen,
    Resume,
    Submission,
)
from kb_assist.guides.sessions import Current, GuideSessions
from kb_assist.storage.db import Database
from kb_assist.storage.tables.guides import guide_event_texts, guide_events
from kb_assist.storage.tables.tickets import tickets
from tests.guides.conftest import SAMPLE

AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
PEOPLE = 100


def by(command: Command, seen: int = 0, *, at: datetime = AT, actor: str = "Lena") -> Submission:
    return Submission(command, seen, actor, Channel.AGENT, at, at.date())


@pytest.fixture(scope="session")
def guides() -> dict[str, Guide]:
    return dict(load_folder(SAMPLE).guides)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.write() as opened:
        yield opened


def sessions(connection: Connection, guides: dict[str, Guide]) -> GuideSessions:
    return GuideSessions(DatabaseStore(connection), guides)


def begin(service: GuideSessions, session: str = "s1", *, ticket: str = "") -> Current:
    opening = Opening(session, "en", {"asset": "NB-1"}, ticket)
    now = service.start("vpn_connect", opening, by(Resume()))
    assert isinstance(now, Current)
    return now


def go(service: GuideSessions, now: Current, command: Command, **options: object) -> Current:
    sent = by(command, now.state.seq, **options)  # type: ignore[arg-type]
    result = service.submit(now.state.session, sent)
    assert isinstance(result, Current)
    return result


def resolved(service: GuideSessions, session: str = "s1") -> Current:
    now = begin(service, session)
    for key, value in (("device", "NB-1"), ("internet", "yes"), ("error_shown", "login")):
        now = go(service, now, AnswerStep(key, value))
    for key, value in (("password_changed", "yes"), ("relogin", "ok"), ("retry", "yes")):
        now = go(service, now, AnswerStep(key, value))
    return go(service, now, End())


def test_a_session_reads_back_as_it_was_written(
    connection: Connection, guides: dict[str, Guide]
) -> None:
    now = resolved(sessions(connection, guides))

    again = sessions(connection, guides).open("s1")
    assert again.state == now.state
    assert again.trace == now.trace
    assert [e.seq for e in DatabaseStore(connection).events("s1")] == list(
        range(1, now.state.seq + 1)
    )


def test_an_id_that_is_taken_and_a_stale_answer_write_nothing(
    connection: Connection, guides: dict[str, Guide]
) -> None:
    service = sessions(connection, guides)
    now = begin(service)
    second = service.start("vpn_connect", Opening("s1", "de", {}), by(Resume()))
    events = DatabaseStore(connection).events("s1")
    late = [replace(events[-1], seq=now.state.seq)]

    assert second == Refusal(RefusalCode.STALE)
    assert not DatabaseStore(connection).append(late)
    assert DatabaseStore(connection).events("s1") == events


def test_events_cannot_be_changed(database: Database, guides: dict[str, Guide]) -> None:
    with database.write() as connection:
        begin(sessions(connection, guides))
    with pytest.raises(DBAPIError), database.write() as connection:
        connection.execute(update(guide_events).values(actor="Mallory"))


def test_lists_follow_the_events(connection: Connection, guides: dict[str, Guide]) -> None:
    service = sessions(connection, guides)
    done = resolved(service, "done")
    now = begin(service, "open")
    mine = database_store.open_of(connection, "Lena", AT, limit=10)
    handed = go(service, now, HandOver("Omar"))
    reopened = go(service, done, Reopen())
    row = database_store.row_of(connection, "open")

    assert [each.id for each in mine] == ["open"]
    assert row is not None
    assert row.owner == "Omar"
    mine = database_store.open_of(connection, "Lena", AT, limit=9)
    assert {each.id for each in mine} == {"done"}
    assert database_store.open_of(connection, "Lena", AT + timedelta(days=1), limit=9) == ()
    assert (handed.state.owner, reopened.state.ended) == ("Omar", None)


def test_a_note_on_a_finished_session_does_not_open_it(
    connection: Connection, guides: dict[str, Guide]
) -> None:
    service = sessions(connection, guides)
    go(service, resolved(service), AddNote("Thanks"))

    assert database_store.open_of(connection, "Lena", AT, limit=9) == ()
    assert database_store.record(connection) == {"vpn_connect": (1, 1)}


def test_an_abandoned_session_is_given_out_once(
    connection: Connection, guides: dict[str, Guide]
) -> None:
    begin(sessions(connection, guides))
    later = AT + timedelta(days=2)
    first = database_store.claim_abandoned(connection, later, later, limit=10)
    second = database_store.claim_abandoned(connection, later, later, limit=10)

    assert [row.id for row in first] == ["s1"]
    assert second == ()


def test_erasing_a_ticket_forgets_what_was_typed_and_keeps_the_figures(
    connection: Connection, guides: dict[str, Guide]
) -> None:
    row = {"id": 1, "source": "test", "subject": "x", "body": "x", "language": "en"}
    row |= {"channel": "mail", "state": "new", "level": "l1", "impact": 3, "urgency": 3}
    row |= {"priority": 4, "created_at": AT, "updated_at": AT, "is_open": True}
    connection.execute(insert(tickets).values(row | {"next_due": AT, "soon_from": AT}))
    service = sessions(connection, guides)
    now = begin(service, ticket="1")
    go(service, go(service, now, AnswerStep("device", "NB-1 of Jana")), AddNote("Jana called"))
    database_store.erase(connection, [1], AT)
    kept = list(database_store.sessions_of_guide(connection, "vpn_connect", limit=9))

    assert DatabaseStore(connection).events("s1") == []
    assert connection.execute(select(func.count()).select_from(guide_event_texts)).scalar() == 0
    assert "Jana" not in repr(kept)
    assert [event.payload["value"] for event in kept[0] if "value" in event.payload] == [None]


def test_a_hundred_people_at_once_lose_and_double_nothing(
    database: Database, guides: dict[str, Guide]
) -> None:
    """Two threads per session race for every answer: one wins, the other is told so."""
    with database.write() as connection:
        for number in range(PEOPLE // 2):
            begin(sessions(connection, guides), f"s{number}")
    results: list[object] = []

    def answer(number: int) -> None:
        for key, value in (("device", "NB"), ("internet", "yes"), ("error_shown", "login")):
            with database.write() as connection:
                service = sessions(connection, guides)
                now = service.open(f"s{number % (PEOPLE // 2)}")
            with database.write() as connection:
                sent = by(AnswerStep(key, value), now.state.seq)
                results.append(sessions(connection, guides).submit(now.state.session, sent))

    threads = [threading.Thread(target=answer, args=(number,)) for number in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = sum(isinstance(result, Current) for result in results)
    with database.read() as connection:
        for number in range(PEOPLE // 2):
            events = DatabaseStore(connection).events(f"s{number}")
            assert [event.seq for event in events] == list(range(1, len(events) + 1))
            assert set(sessions(connection, guides).open(f"s{number}").state.answers) == {
                "device",
                "internet",
                "error_shown",
            }
        count = connection.execute(
            select(func.count()).select_from(guide_events).where(guide_events.c.type == "answered")
        ).scalar_one()

    assert len(results) == PEOPLE * 3
    assert count == won
