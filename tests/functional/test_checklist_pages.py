"""The morning checklist and the list of tools, as a browser without JavaScript sees them."""

from __future__ import annotations

import re

from kb_assist.auth.model import Role
from kb_assist.bootstrap import Services
from kb_assist.correlation import outages
from kb_assist.correlation.outages import Texts
from kb_assist.monitoring import checklist_store, outages_store, store
from kb_assist.monitoring.model import Health, Probed
from kb_assist.tickets import store as tickets_store
from kb_assist.tickets.model import SYSTEM
from tests.functional.conftest import SignInAs
from tests.monitoring.conftest import tool

GERMAN = {"Accept-Language": "de-DE,de;q=0.9"}
ERP = {"key": "erp", "name": "ERP", "kind": "tcp", "target": "erp.nordwind.example:3200"}
FAULT = re.compile(r'id="tool-(\w+)-fault">([^<]+)<')
ENGLISH = re.compile(r"\b(?:at least|most|must|should|is|be|than|such|valid)\b")


def test_second_level_ticks_a_line_and_opens_a_ticket(
    services: Services, sign_in_as: SignInAs
) -> None:
    client = sign_in_as(Role.L2_AGENT)
    texts = {"text_de": "Bänder wechseln", "text_en": "Change the tapes", "group": "Server"}
    assert client.post("/status/checklist/items", data=texts).status_code == 303
    assert "Change the tapes" in client.get("/status/checklist").text
    assert "Bänder wechseln" in client.get("/status/checklist", headers=GERMAN).text
    form = {"key": "item:1", "state": "good", "note": "done at six"}
    assert client.post("/status/checklist", data=form).status_code == 303
    page = client.get("/status/checklist").text
    assert "1 of 1 looked at" in page
    assert "done at six" in page
    assert client.post("/status/checklist", data={**form, "state": "ticket"}).status_code == 303
    with services.database.read() as connection:
        ticket = tickets_store.get(connection, 1)
    assert (ticket.subject, ticket.body) == ("Change the tapes", "done at six")
    day = services.clock.now().date().isoformat()
    assert "done at six" in client.get(f"/status/checklist/{day}").text
    assert client.post("/status/checklist", data={**form, "state": "odd"}).status_code == 422
    assert client.get("/status/checklist/monday").status_code == 422


def test_a_line_that_went_meanwhile_loses_no_note(services: Services, sign_in_as: SignInAs) -> None:
    client = sign_in_as(Role.L2_AGENT)
    with services.desk(SYSTEM) as desk:
        outage = outages.report(desk, "Mail", Texts())
        outages.report(desk, "ERP", Texts())
        outages_store.end(desk.connection, outage.id, desk.now)
    form = {"key": f"outage:{outage.id}", "state": "problem", "note": "queue\nis full"}
    late = client.post("/status/checklist", data=form, headers=GERMAN)
    assert late.status_code == 409
    assert "steht nicht mehr auf der Liste" in late.text
    assert "queue\nis full</textarea>" in late.text
    assert ">ERP</a>" in late.text, "and the list as it is now"
    with services.database.read() as connection:
        assert checklist_store.ticks(connection, services.clock.now().date()) == {}


def test_first_level_reads_the_checklist_only(sign_in_as: SignInAs) -> None:
    client = sign_in_as(Role.L1_AGENT)
    assert client.get("/status/checklist").status_code == 200
    assert client.post("/status/checklist", data={}).status_code == 403
    assert client.get("/status/tools").status_code == 200
    assert client.get("/status/tools/new").status_code == 403
    assert client.post("/status/tools", data=ERP).status_code == 403


def test_a_tool_is_added_changed_and_switched_off(services: Services, sign_in_as: SignInAs) -> None:
    client = sign_in_as(Role.L2_AGENT)
    assert client.get("/status/tools/new").status_code == 200
    refused = client.post("/status/tools", data={**ERP, "target": "erp"})
    assert refused.status_code == 422
    assert "must be host:port" in refused.text
    assert 'value="ERP"' in refused.text, "what was typed is not lost"
    assert client.post("/status/tools", data=ERP).status_code == 303
    changed = {**ERP, "cis": "SRV-1, SRV-2", "maintenance": "sun 02:00-04:00\r\nmon 01:00-02:00"}
    assert client.post("/status/tools/1", data=changed).status_code == 303
    with services.database.read() as connection:
        (one,) = store.watched(connection)
    assert one.tool.cis == ("SRV-1", "SRV-2")
    assert one.tool.maintenance == ("sun 02:00-04:00", "mon 01:00-02:00")
    page = client.get("/status/tools/1").text
    assert "changed it" in page
    assert "SRV-1, SRV-2" in page
    assert client.post("/status/tools/1/switch", data={"active": "no"}).status_code == 303
    assert "switched off" in client.get("/status/tools").text
    with services.database.read() as connection:
        assert store.watched(connection) == ()
    assert client.post("/status/tools/1/switch", data={"active": "yes"}).status_code == 303


def test_every_fault_of_a_tool_stands_beside_its_field_in_german(sign_in_as: SignInAs) -> None:
    client = sign_in_as(Role.L2_AGENT)
    wrong = {
        "key": "E R P",
        "name": "n" * 201,
        "kind": "http",
        "status": "99, abc",
        "tls_days": "2000",
        "interval": "5",
        "timeout": "0",
        "retries": "1.5",
        "depends_on": "moon",
        "maintenance": "noon",
    }
    refused = client.post("/status/tools", data=wrong, headers=GERMAN)
    assert refused.status_code == 422
    said = {fault[1]: fault[2] for fault in FAULT.finditer(refused.text)}
    assert set(said) == set(wrong) - {"kind"} | {"target"}
    assert said["interval"] == "mindestens 10"
    assert said["target"] == "fehlt"
    assert not [words for words in said.values() if ENGLISH.search(words)]
    refused = client.post("/status/tools", data={**ERP, "target": "erp"}, headers=GERMAN)
    assert FAULT.findall(refused.text) == [("target", "Host:Port")]


def test_why_a_tool_is_down_is_said_in_german(services: Services, sign_in_as: SignInAs) -> None:
    now = services.clock.now()
    late = (Probed(False, 3, "timed out"), False)
    with services.database.write() as connection:
        store.sync(connection, [tool("mail")], now)
        (one,) = store.watched(connection)
        store.keep(connection, {one.id: late}, now, day=now.date())
        store.set_health(connection, one, Health.DOWN, result=late, at=now)
    client = sign_in_as(Role.L2_AGENT)
    for page in ("/status", "/status/tools/1", "/status/checklist"):
        text = client.get(page, headers=GERMAN).text
        assert "Zeit überschritten" in text, page
        assert "timed out" not in text, page
    client.post("/status/checklist", data={"key": "tool:1", "state": "ticket"}, headers=GERMAN)
    assert "Zeit überschritten" in client.get("/tickets/1", headers=GERMAN).text


def test_a_tool_of_the_file_is_shown_without_buttons(
    services: Services, sign_in_as: SignInAs
) -> None:
    client = sign_in_as(Role.ADMIN)
    with services.database.write() as connection:
        store.sync(connection, [tool("mail")], services.clock.now())
    page = client.get("/status/tools/1").text
    assert "is changed there" in page
    assert "No longer watch it" not in page
    assert ">Save<" not in page
    assert client.post("/status/tools/1", data=ERP).status_code == 422
    assert client.post("/status/tools/1/switch", data={"active": "no"}).status_code == 422
