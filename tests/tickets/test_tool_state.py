"""What a ticket tells a guide about the tools."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kb_assist.monitoring import outages_store, store
from kb_assist.monitoring.model import Health, Probed
from kb_assist.monitoring.outage_model import PERSON, NewOutage
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.guide_facts import context_of
from kb_assist.tickets.intake import create
from kb_assist.tickets.links import link_ci
from kb_assist.tickets.model import Draft, RecordRole
from kb_assist.tickets.records.importing import apply_import, plan_import
from tests.monitoring.conftest import tool
from tests.tickets.conftest import House


@pytest.fixture
def desk(house: House) -> Iterator[Desk]:
    with house.desk() as opened:
        tools = [tool("mail", name="E-mail"), tool("vpn", cis=("SRV-VPN01",))]
        store.sync(opened.connection, tools, opened.now)
        health = {"mail": Health.UP, "vpn": Health.DOWN}
        for one in store.watched(opened.connection):
            result = (Probed(True, 1), False)
            wanted = health[one.tool.key]
            store.set_health(opened.connection, one, wanted, result=result, at=opened.now)
        yield opened


def test_a_guide_knows_the_state_of_the_tool_that_is_the_product(desk: Desk) -> None:
    ticket = create(desk, Draft("x", "y", product="e-mail")).ticket
    assert context_of(desk.connection, ticket.id)["tool_state"] == "up"


def test_the_worst_state_counts(desk: Desk) -> None:
    ticket = create(desk, Draft("x", "y", product="E-mail")).ticket
    apply_import(desk, plan_import(desk, "cis", "key,name,status\nSRV-VPN01,VPN,in_use\n"))
    link_ci(desk, ticket.id, 1, RecordRole.PRIMARY)
    assert context_of(desk.connection, ticket.id)["tool_state"] == "down"


def test_an_open_outage_counts_although_probes_are_good(desk: Desk) -> None:
    ticket = create(desk, Draft("x", "y", product="E-mail")).ticket
    (mail,) = (one for one in store.watched(desk.connection) if one.tool.key == "mail")
    outage = outages_store.add(desk.connection, NewOutage(PERSON, "Mail", desk.now, mail.id))
    assert outage is not None
    assert context_of(desk.connection, ticket.id)["tool_state"] == "down"
    outages_store.end(desk.connection, outage, desk.now)
    assert context_of(desk.connection, ticket.id)["tool_state"] == "up"


def test_the_outage_of_a_ticket_counts_without_a_tool(desk: Desk) -> None:
    ticket = create(desk, Draft("x", "y")).ticket
    outage = outages_store.add(desk.connection, NewOutage(PERSON, "Lift", desk.now))
    assert outage is not None
    outages_store.link(desk.connection, outage, ticket.id, by="Omar", at=desk.now)
    assert context_of(desk.connection, ticket.id)["tool_state"] == "down"


def test_nothing_is_said_about_tools_that_have_nothing_to_do_with_it(desk: Desk) -> None:
    ticket = create(desk, Draft("x", "y", product="SAP")).ticket
    assert "tool_state" not in context_of(desk.connection, ticket.id)
