"""Two whole stories of a ticket in a real browser, in German."""

from __future__ import annotations

from typing import Any

import pytest

from kb_assist.auth import store as accounts
from kb_assist.auth.model import Role, SupportLevel
from kb_assist.bootstrap import Services
from kb_assist.tickets import intake, store
from kb_assist.tickets.comments import Words, comment
from kb_assist.tickets.model import SYSTEM, CommentKind, Draft, State
from tests.browser.conftest import COOKIE
from tests.functional.conftest import SignInAs

pytestmark = pytest.mark.browser


@pytest.fixture
def ticket_id(services: Services) -> int:
    with services.desk(SYSTEM) as desk:
        draft = Draft("VPN error 809", "Seit heute: VPN error 809", requester_name="Jana Muster")
        return intake.create(desk, draft).ticket.id


@pytest.fixture
def third_level(services: Services) -> int:
    with services.database.write() as connection:
        return accounts.ensure_group(connection, "Netzwerk L3", SupportLevel.L3).id


def stored(services: Services, ticket_id: int) -> Any:
    with services.database.read() as connection:
        return store.get(connection, ticket_id)


def test_a_suggestion_solves_a_ticket_in_three_clicks(
    page: Any, address: str, services: Services, ticket_id: int
) -> None:
    page.goto(f"{address}/queue")
    page.click("text=VPN error 809")
    page.click("#suggestions .card >> text=Hat geholfen >> nth=0")
    page.wait_for_selector("#resolution-text:visible")
    assert "KB-3" in page.input_value("#resolution-text")
    page.click(".action[open] button:has-text('Lösen')")
    page.wait_for_selector(".state-resolved")
    assert stored(services, ticket_id).state is State.RESOLVED

    page.click(".actions-bar button:has-text('Schließen')")
    page.wait_for_selector(".state-closed")

    assert page.faults == []


def test_what_is_being_written_survives_other_changes(
    page: Any, address: str, ticket_id: int
) -> None:
    page.goto(f"{address}/tickets/{ticket_id}")
    page.fill("#composer", "Bitte starten Sie")
    page.click(".actions-bar button:has-text('Arbeit beginnen')")
    page.wait_for_selector(".state-in_progress")
    assert page.input_value("#composer") == "Bitte starten Sie"

    page.click("#suggestions .card >> text=Zitieren >> nth=0")
    page.wait_for_selector(".toast")

    assert page.input_value("#composer").startswith("Bitte starten Sie\n\n")
    assert page.faults == []


def test_an_error_of_a_form_is_said_beside_what_stays_of_the_page(
    page: Any, address: str, ticket_id: int
) -> None:
    page.goto(f"{address}/tickets/{ticket_id}")
    page.fill("#composer", "Bitte starten Sie")
    page.eval_on_selector_all("[name=verb]", "all => all.forEach(one => one.value = 'fly')")
    page.click(".actions-bar button:has-text('Arbeit beginnen')")
    page.wait_for_selector(".toast-fault:has-text('Das Formular ist nicht lesbar')")

    assert page.input_value("#composer") == "Bitte starten Sie"
    assert page.query_selector("#work .error-status") is None


def test_a_hand_over_is_returned_completed_and_accepted(
    page: Any,
    address: str,
    services: Services,
    sign_in_as: SignInAs,
    ticket_id: int,
    third_level: int,
) -> None:
    hand_over = f"{address}/tickets/{ticket_id}/hand-over?group={third_level}"
    page.goto(hand_over)
    for field in page.query_selector_all("textarea[name^=item-]"):
        field.fill("ist bekannt")
    page.click("button[value=hand_over]")
    page.wait_for_selector(".state-escalated")

    expert = sign_in_as(Role.L3_AGENT).get_cookie(COOKIE)
    assert expert is not None
    context = page.context.browser.new_context(locale="en-GB")
    context.add_cookies([{"name": COOKIE, "value": expert.value, "url": address}])
    third = context.new_page()
    third.goto(f"{address}/tickets/{ticket_id}/hand-over/1")
    third.check("#return [name=item] >> nth=0")
    third.fill("#reason", "A network trace is missing")
    third.click("#return button.primary")
    third.wait_for_url(f"**/tickets/{ticket_id}")

    page.goto(hand_over)
    page.fill("#note", "Mitschnitt ist angehängt")
    page.click("button[value=hand_over]")
    page.wait_for_selector(".state-escalated")
    third.goto(f"{address}/tickets/{ticket_id}")
    third.click("button:has-text('Accept')")
    third.wait_for_selector(".state-in_progress")

    ticket = stored(services, ticket_id)
    assert (ticket.state, ticket.level) == (State.IN_PROGRESS, "l3")
    assert page.faults == []


def test_the_queue_is_worked_with_keys_alone(
    page: Any, address: str, services: Services, ticket_id: int
) -> None:
    page.goto(f"{address}/queue")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.wait_for_selector("[data-bulk]:visible")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tickets/{ticket_id}")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette[open] li")
    page.keyboard.type("VPN error")
    page.wait_for_selector("#palette li:has-text('VPN error 809') >> nth=1")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/articles/**")

    assert page.faults == []


def test_new_words_of_the_requester_bring_new_suggestions(
    page: Any, address: str, services: Services, ticket_id: int
) -> None:
    page.add_init_script("const every = setInterval; window.setInterval = (f) => every(f, 300)")
    page.goto(f"{address}/tickets/{ticket_id}")
    page.wait_for_selector("#suggestions .card")
    page.fill("#composer", "Entwurf")
    with services.desk(SYSTEM) as desk:
        words = "Der Drucker zeigt Druckauftrag angehalten. Der Drucker, nicht das VPN!"
        comment(desk, ticket_id, Words(CommentKind.REQUESTER, words))
    page.wait_for_selector("#work .words:has-text('Druckauftrag angehalten')")
    page.wait_for_selector("#suggestions .card:has-text('Druckauftrag')")

    assert page.input_value("#composer") == "Entwurf"
    assert page.faults == []
