"""A mail outage in a real browser, in German: banner, linked tickets, resolved together."""

from __future__ import annotations

from typing import Any

import pytest

from kb_assist.bootstrap import Services
from kb_assist.correlation import checklist, outages
from kb_assist.correlation.outages import Texts
from kb_assist.monitoring import checklist_store
from kb_assist.monitoring import store as tools_store
from kb_assist.monitoring.checklist_store import TickState
from kb_assist.tickets import intake, store
from kb_assist.tickets.model import SYSTEM, Draft, State
from tests.monitoring.conftest import tool

pytestmark = pytest.mark.browser


def test_a_mail_outage_is_reported_linked_and_resolved_with_its_tickets(
    page: Any, address: str, services: Services
) -> None:
    with services.desk(SYSTEM) as desk:
        texts = (("Mail steht", "Die E-Mail-Zustellung geht nicht."), ("E-Mail-Zustellung", "x"))
        ids = [intake.create(desk, Draft(*text)).ticket.id for text in texts]
    page.goto(f"{address}/status")
    page.click("text=Störung melden")
    page.fill("#outage-title", "E-Mail-Zustellung")
    page.fill("#outage-title-en", "Mail delivery")
    page.fill("#outage-de", "Zurzeit kommen keine E-Mails an.")
    page.click(".status-page form button.primary")
    page.wait_for_selector("h1:has-text('E-Mail-Zustellung')")
    outage = page.url
    for ticket_id in ids:
        page.goto(f"{address}/tickets/{ticket_id}")
        assert "Zurzeit kommen keine E-Mails an." in page.text_content(".notice-bad")
        page.click("button:has-text('Gehört zur Störung')")
        page.wait_for_selector("text=Gehört zu einer Störung")
    page.goto(outage)
    page.click("summary:has-text('mit ihren Tickets')")
    page.fill("#answer-de", "Die Zustellung läuft wieder.")
    page.click("details[open] button.primary")
    page.wait_for_selector("text=2 Tickets sind")
    with services.database.read() as connection:
        found = store.many(connection, ids)
    assert {one.state for one in found.values()} == {State.RESOLVED}
    assert found[ids[0]].resolution_text == "Die Zustellung läuft wieder."


def test_enter_in_a_note_of_the_checklist_decides_nothing(
    page: Any, address: str, services: Services
) -> None:
    with services.desk(SYSTEM) as desk:
        checklist.add_item(desk, ("Bänder wechseln", ""), "")
    page.goto(f"{address}/status/checklist")
    page.fill(".check-form [name=note]", "Band 3 klemmt")
    page.press(".check-form [name=note]", "Enter")
    page.type(".check-form [name=note]", "seit sechs")
    page.click(".check-form [name=state][value=problem]")
    page.wait_for_selector("text=1 von 1")
    with services.desk(SYSTEM) as desk:
        (tick,) = checklist_store.ticks(desk.connection, desk.now.date()).values()
    assert (tick.state, tick.note) == (TickState.PROBLEM, "Band 3 klemmt\nseit sechs")


# Boxes whose content is wider than they are.
_TOO_WIDE = """[...document.querySelectorAll("html, main .notice, main td, main h1, main li")]
.filter(box => box.scrollWidth > box.clientWidth + 1)
.map(box => box.tagName + ": " + box.textContent.trim().slice(0, 40))"""


@pytest.mark.parametrize("width", [390, 1280])
def test_a_long_address_and_a_long_word_stay_in_their_boxes(
    page: Any, address: str, services: Services, width: int
) -> None:
    url, word = "https://wiki.example/" + "a" * 130, "Langwort" * 18
    with services.desk(SYSTEM) as desk:
        tools = [tool("mail", name=word, name_de=word), tool("erp")]
        tools_store.sync(desk.connection, tools, desk.now)
        (found,) = [one for one in tools_store.watched(desk.connection) if one.tool.key == "mail"]
        outage = outages.report(desk, word, Texts(url, url), tool_id=found.id)
        ticket_id = intake.create(desk, Draft(f"{word} steht", "x")).ticket.id
        outages.link(desk, outage.id, ticket_id)
    page.set_viewport_size({"width": width, "height": 900})
    paths = ("status", f"status/outages/{outage.id}", f"status/tools/{found.id}")
    for path in (*paths, "status/checklist", f"tickets/{ticket_id}"):
        page.goto(f"{address}/{path}")
        assert page.evaluate(_TOO_WIDE) == [], path
