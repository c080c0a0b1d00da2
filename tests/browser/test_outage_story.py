"""A mail outage in a real browser, in German: banner, linked tickets, resolved together."""

from __future__ import annotations

from typing import Any

import pytest

from kb_assist.bootstrap import Services
from kb_assist.tickets import intake, store
from kb_assist.tickets.model import SYSTEM, Draft, State

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
