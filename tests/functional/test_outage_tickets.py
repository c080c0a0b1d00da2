"""The ticket that stands for an outage: what is resolved with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from kb_assist.auth.model import Role
from kb_assist.bootstrap import Services
from kb_assist.correlation import outages, surges_store
from kb_assist.correlation.outages import Texts
from kb_assist.correlation.surges_store import Told
from kb_assist.monitoring import outages_store
from kb_assist.monitoring.surges import Found
from kb_assist.tickets import comments_store, intake, store
from kb_assist.tickets.model import SYSTEM, Draft, ResolutionCode, State
from tests.functional.conftest import SignInAs

FIXED = {
    "verb": "resolve",
    "resolution_code": "fixed",
    "resolution_text": "Restarted the transport service.",
}
GERMAN = {"Accept-Language": "de-DE,de;q=0.9"}


@dataclass(frozen=True, slots=True)
class Incident:
    outage: int
    own: int
    children: tuple[int, ...]


@pytest.fixture
def incident(services: Services) -> Incident:
    with services.desk(SYSTEM) as desk:
        outage = outages.report(desk, "Mail", Texts())
        drafts = [Draft("Mail", "No mail.", language="en"), Draft("Mail", "Nix.", language="de")]
        children = tuple(intake.create(desk, draft).ticket.id for draft in drafts)
        for key in children:
            outages.link(desk, outage.id, key)
        return Incident(outage.id, outages.raise_ticket(desk, outage.id).id, children)


def states(services: Services, incident: Incident) -> list[Any]:
    """Whether the outage is open, then its own ticket and the others."""
    with services.database.read() as connection:
        outage = outages_store.get(connection, incident.outage)
        keys = (incident.own, *incident.children)
        return [outage.is_open, *(store.get(connection, key).state for key in keys)]


def test_on_the_page_the_outage_and_its_tickets_follow(
    client: FlaskClient, services: Services, incident: Incident
) -> None:
    address = f"/tickets/{incident.own}"
    assert "Wer es löst, beendet die Störung" in client.get(address, headers=GERMAN).text

    done = client.post(f"{address}/move", data=FIXED, follow_redirects=True).text

    assert "The outage is over. 2 tickets are resolved with it." in done
    assert states(services, incident) == [False] + 3 * [State.RESOLVED]
    with services.database.read() as connection:
        own = store.get(connection, incident.own)
        english, german = (store.get(connection, key) for key in incident.children)
        (answer,) = comments_store.of_ticket(connection, german.id)
    assert own.resolution_text == FIXED["resolution_text"]
    assert english.resolution_code is ResolutionCode.OUTAGE
    assert "is over" in english.resolution_text
    assert "ist behoben" in answer.body


@pytest.mark.parametrize("many", [False, True])
def test_the_json_interface_does_the_same(
    client: FlaskClient, services: Services, incident: Incident, many: bool
) -> None:
    if many:
        chosen = [{"id": incident.own}, {"id": incident.children[0]}]
        done = client.post("/api/v1/tickets/transitions", json=FIXED | {"tickets": chosen})
        assert [one["result"] for one in done.get_json()["results"]] == ["saved", "saved"]
    else:
        done = client.post(f"/api/v1/tickets/{incident.own}/transitions", json=FIXED)
        assert done.status_code == 200
    assert states(services, incident) == [False] + 3 * [State.RESOLVED]


def test_a_child_resolved_by_itself_ends_nothing(
    client: FlaskClient, services: Services, incident: Incident
) -> None:
    client.post(f"/api/v1/tickets/{incident.children[0]}/transitions", json=FIXED)
    assert states(services, incident) == [True, State.NEW, State.RESOLVED, State.NEW]


def test_a_move_that_is_refused_ends_nothing(
    client: FlaskClient, services: Services, incident: Incident
) -> None:
    empty = FIXED | {"resolution_text": ""}
    done = client.post(f"/api/v1/tickets/{incident.own}/transitions", json=empty)
    assert done.status_code == 409
    assert states(services, incident) == [True] + 3 * [State.NEW]


def test_who_may_not_end_an_outage_may_not_resolve_its_ticket(
    sign_in_as: SignInAs, services: Services, incident: Incident
) -> None:
    first = sign_in_as(Role.L1_AGENT)
    page = first.get(f"/tickets/{incident.own}").text
    assert "which your role does not allow" in page
    assert 'value="resolve"' not in page
    assert 'value="resolve"' in first.get(f"/tickets/{incident.children[0]}").text

    done = first.post(f"/api/v1/tickets/{incident.own}/transitions", json=FIXED)

    assert done.status_code == 403
    assert states(services, incident) == [True] + 3 * [State.NEW]


def test_what_came_back_with_others_is_not_resolved_with_the_ticket_again(
    client: FlaskClient, services: Services, incident: Incident
) -> None:
    client.post(f"/api/v1/tickets/{incident.own}/transitions", json=FIXED)
    again = {"verb": "reopen", "reason": "It still does not work."}
    for key in (incident.own, incident.children[0]):
        assert client.post(f"/api/v1/tickets/{key}/transitions", json=again).status_code == 200
    done = client.post(f"/api/v1/tickets/{incident.own}/transitions", json=FIXED)
    assert done.status_code == 200
    opened = states(services, incident)
    assert opened[:2] == [False, State.RESOLVED]
    assert opened[2] is not State.RESOLVED


def test_the_ticket_of_an_outage_joins_no_surge_when_it_is_opened(
    client: FlaskClient, services: Services
) -> None:
    alike = "mailbox outbox messages stay unsent forever"
    with services.desk(SYSTEM) as desk:
        made = [intake.create(desk, Draft(f"{alike} {n}", alike)).ticket.id for n in range(4)]
        found = Found(tuple(made), desk.now, 0.25, np.zeros(4, dtype=np.float32), 0.3)
        surge = surges_store.add(desk.connection, "fake", Told("Unsent", "Outbox"), found)
        outage = outages.report(desk, alike, Texts())
        own = outages.raise_ticket(desk, outage.id)
    assert client.get(f"/tickets/{own.id}").status_code == 200
    with services.database.read() as connection:
        assert surges_store.get(connection, surge).tickets == tuple(made)
