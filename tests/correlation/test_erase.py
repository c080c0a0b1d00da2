"""Who is forgotten is forgotten where many tickets are spoken of at once, too."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import numpy as np
from sqlalchemy import select

from kb_assist.correlation import checklist_ticket, erase, outages, surges, surges_store
from kb_assist.correlation.checklist import Entry
from kb_assist.correlation.outages import Texts
from kb_assist.correlation.surge_words import describe
from kb_assist.correlation.surges_store import Arrival, Surge, Told
from kb_assist.monitoring import outages_store
from kb_assist.monitoring.surges import Found, Stage
from kb_assist.storage.schema import complete_metadata
from kb_assist.storage.tables.monitoring import ticket_arrivals
from kb_assist.tickets import store
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.intake import create
from kb_assist.tickets.lifecycle import Command, Verb
from kb_assist.tickets.model import SYSTEM, Draft, ResolutionCode
from kb_assist.tickets.records import store as records_store
from kb_assist.tickets.records.importing import apply_import, plan_import
from kb_assist.tickets.work import move
from tests.tickets.conftest import House

CLIENTS = "key,name,email\nP-1,Jana Beispiel,jana.beispiel@nordwind.example\n"
KEY = "fake"
# As titles were before they were redacted.
TITLE = "Telefone tot, Jana Beispiel"
FIXED = {"resolution_code": ResolutionCode.FIXED, "resolution_text": "x"}


def surge_of(desk: Desk, *, others: int = 3) -> Surge:
    """Called after Jana's ticket, which is one of its own."""
    apply_import(desk, plan_import(desk, "clients", CLIENTS))
    said = [(TITLE, "Jana Beispiel", "jana.beispiel@nordwind.example")]
    said += [(f"Telefon {number}", "", "") for number in range(others)]
    made = [
        create(
            desk,
            Draft(subject, "Es ist still.", "de", requester_name=name, requester_email=email),
        ).ticket
        for subject, name, email in said
    ]
    centre = np.zeros(4, dtype=np.float32)
    arrivals = [Arrival(one.id, one.created_at, "de", centre) for one in made]
    surges_store.keep(desk.connection, KEY, arrivals)
    found = Found(tuple(one.id for one in made), desk.now, 0.0, centre, 0.3)
    told = Told(TITLE, "Jana, Beispiel, Telefon")
    return surges_store.get(desk.connection, surges_store.add(desk.connection, KEY, told, found))


def erase_jana(desk: Desk) -> None:
    (jana,) = records_store.search_clients(desk.connection, "jana")
    erase.erase_client(desk, jana.id)


def everything(desk: Desk) -> str:
    rows: list[Any] = []
    for table in complete_metadata().sorted_tables:
        rows += [dict(row) for row in desk.connection.execute(select(table)).mappings()]
    return json.dumps(rows, default=str, ensure_ascii=False)


def test_an_erased_client_is_in_no_surge_outage_or_answer(house: House) -> None:
    with house.desk(SYSTEM) as desk:
        surge = surge_of(desk)
        line = Entry(f"surge:{surge.id}", surge.title, "")
        day = desk.now.date()
        checked = checklist_ticket.raise_ticket(desk, line, note="", day=day, language="de")
        outage = outages.report(desk, TITLE, Texts())
        surges.belongs_to(desk, surge.id, outage.id)
        own = outages.raise_ticket(desk, outage.id)
        outages.resolve(desk, outage.id, Texts())
        assert everything(desk).count("Beispiel") > 10
        erase_jana(desk)

        assert "Beispiel" not in everything(desk)
        after = surges_store.get(desk.connection, surge.id)
        assert after.tickets == surge.tickets[1:]
        assert (after.title, after.words) == ("Telefon 0", "still, Telefon")
        assert outages_store.get(desk.connection, outage.id).title == after.words
        again = store.many(desk.connection, [own.id, checked.id, *after.tickets])
        assert (again[checked.id].subject, again[checked.id].body) == ("Telefon 0", "Telefon 0")
        assert (again[own.id].subject, again[own.id].body) == (after.words, after.words)
        assert f"„{after.words}“" in again[after.tickets[0]].resolution_text
        kept = desk.connection.execute(select(ticket_arrivals.c.ticket_id)).scalars()
        assert sorted(kept) == list(after.tickets)


def test_a_surge_whose_tickets_are_all_erased_is_over_and_has_no_words(house: House) -> None:
    with house.desk(SYSTEM) as desk:
        surge = surge_of(desk, others=0)
        outage = outages.report(desk, TITLE, Texts())
        surges_store.change(desk.connection, surge.id, {"outage_id": outage.id})
        erase_jana(desk)
        after = surges_store.get(desk.connection, surge.id)
        assert (after.title, after.words, after.tickets) == ("", "", ())
        assert after.stage is Stage.RESOLVED
        called = outages_store.get(desk.connection, outage.id)
        assert called.titled("de") == "Mehrere Tickets zum selben Thema"
        assert called.titled("en") == "Several tickets about the same"


def test_a_surge_that_the_ticket_left_is_not_called_after_it_either(house: House) -> None:
    with house.desk(SYSTEM) as desk:
        surge = surge_of(desk)
        surges_store.leave(desk.connection, surge.id, surge.tickets[:1])
        erase_jana(desk)
        assert surges_store.get(desk.connection, surge.id).title == "Telefon 0"


def test_a_title_that_somebody_gave_an_outage_stays(house: House) -> None:
    with house.desk(SYSTEM) as desk:
        surge = surge_of(desk)
        outage = outages.report(desk, "Telefonanlage", Texts())
        surges.belongs_to(desk, surge.id, outage.id)
        erase_jana(desk)
        assert outages_store.get(desk.connection, outage.id).title == "Telefonanlage"


def test_a_surge_that_was_called_after_nothing_is_called_after_its_oldest(house: House) -> None:
    with house.desk(SYSTEM) as desk:
        surge = surge_of(desk)
        outage = outages.report(desk, "[erased]", Texts())
        surges.belongs_to(desk, surge.id, outage.id)
        surges_store.change(desk.connection, surge.id, {"title": "[erased]"})
        erase_jana(desk)
        assert surges_store.get(desk.connection, surge.id).title == "Telefon 0"
        assert outages_store.get(desk.connection, outage.id).title == "still, Telefon"
        assert store.get(desk.connection, surge.tickets[0]).subject == "[erased]"


def test_an_outage_of_a_surge_of_before_is_called_after_nobody(house: House) -> None:
    with house.desk(SYSTEM) as desk:
        surge = surge_of(desk)
        surges_store.change(desk.connection, surge.id, {"words": "Beispiel, Telefon"})
        assert surges.open_outage(desk, surge.id).title == "[name], Telefon"


def test_an_outage_that_somebody_called_after_a_ticket_has_no_name_in_its_title(
    house: House,
) -> None:
    """Also where no surge has to do with it any more."""
    with house.desk(SYSTEM) as desk:
        surge = surge_of(desk)
        outage = outages.report(desk, TITLE, Texts())
        other = outages.report(desk, "Telefon 0", Texts())
        outages.link(desk, outage.id, surge.tickets[1])
        outages.resolve(desk, outage.id, Texts())
        erase_jana(desk)
        said = store.get(desk.connection, surge.tickets[1]).resolution_text
        assert "„Telefone tot, [name]“" in said
        called = [outages_store.get(desk.connection, one.id).title for one in (outage, other)]
        assert called == ["Telefone tot, [name]", "Telefon 0"]
        assert "Beispiel" not in everything(desk)


def test_retention_does_the_same(house: House) -> None:
    with house.desk(SYSTEM) as desk:
        surge = surge_of(desk)
        move(desk, surge.tickets[0], Command(Verb.RESOLVE, **FIXED))  # type: ignore[arg-type]
        move(desk, surge.tickets[0], Command(Verb.CLOSE))
    with house.desk(SYSTEM, after=timedelta(days=400)) as desk:
        assert erase.erase_old(desk, timedelta(days=365)).tickets == 1
        after = surges_store.get(desk.connection, surge.id)
        assert (after.title, after.tickets) == ("Telefon 0", surge.tickets[1:])


def test_an_erased_ticket_says_nothing_of_a_surge(house: House) -> None:
    """Also where its meaning was kept while it was erased."""
    with house.desk(SYSTEM) as desk:
        surge = surge_of(desk)
        first = surge.tickets[0]
        (kept, *_) = surges_store.arrivals(desk.connection, KEY)
        erase_jana(desk)
        surges_store.keep(desk.connection, KEY, [kept])
        told = describe(desk.connection, dict.fromkeys(surge.tickets, 0.1) | {first: 0.9})
        assert told.title != "[erased]"
        surges_store.forget(desk.connection, KEY, desk.now - surges.KEPT)
        left = [one.ticket_id for one in surges_store.arrivals(desk.connection, KEY)]
        assert first not in left
