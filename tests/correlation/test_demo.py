"""The demo's status looks alive, and is loaded once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from kb_assist.correlation.demo import load_demo_status
from kb_assist.monitoring import outages_store, store
from kb_assist.monitoring.definition import read_tools
from kb_assist.tickets.intake import create
from kb_assist.tickets.model import Draft
from tests.tickets.builders import MONDAY
from tests.tickets.conftest import House

DEMO = Path(__file__).parents[2] / "demo" / "tools.toml"


def test_the_demo_has_a_year_of_status_and_a_past_outage_with_its_tickets(house: House) -> None:
    tools = read_tools(DEMO)
    with house.desk() as desk:
        for number in range(67, 77):
            at = MONDAY - timedelta(days=6, minutes=-number)
            key = f"T-{number:04}"
            create(desk, Draft(key, "x", source="demo", external_id=key, created_at=at))
        assert load_demo_status(desk, tools)
        assert not load_demo_status(desk, tools), "a second time changes nothing"
        (past,) = outages_store.ended(desk.connection, MONDAY - timedelta(days=30))
        assert len(outages_store.tickets_of(desk.connection, past.id)) == 10
        year = store.availability(desk.connection, (MONDAY - timedelta(days=364)).date())
        week = store.availability(desk.connection, (MONDAY - timedelta(days=6)).date())
        mail = next(one.id for one in store.watched(desk.connection) if one.tool.key == "mail")
    assert len(year) == len(tools)
    assert all(99 < (one.percent or 0) < 100 for one in year.values())
    assert (week[mail].percent or 100) < 99


def test_the_demo_probes_this_machine_only() -> None:
    assert {one.target for one in read_tools(DEMO)} == {"http://127.0.0.1:8080/healthz"}


def test_without_the_demo_tickets_there_is_no_outage(house: House) -> None:
    with house.desk() as desk:
        assert load_demo_status(desk, read_tools(DEMO))
        assert outages_store.ended(desk.connection, MONDAY - timedelta(days=30)) == ()
