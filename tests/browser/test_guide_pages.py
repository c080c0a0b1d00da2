"""Guides in a real German browser: keys, a correction, a hand-over, a customer, an escalation."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from kb_assist.auth import store as accounts
from kb_assist.auth.model import Role, SupportLevel
from kb_assist.bootstrap import Services
from kb_assist.settings import Settings
from kb_assist.tickets import intake
from kb_assist.tickets.model import SYSTEM, Draft
from tests.browser.conftest import COOKIE
from tests.functional.conftest import SignInAs

pytestmark = pytest.mark.browser
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

SAMPLE = Path(__file__).parents[1] / "guides/sample"


@pytest.fixture(autouse=True)
def guides(settings: Settings) -> None:
    shutil.copytree(SAMPLE, settings.articles / "guides", ignore=shutil.ignore_patterns(".*"))


@pytest.fixture
def ticket(services: Services) -> int:
    with services.database.write() as connection:
        accounts.ensure_group(connection, "Network", SupportLevel.L2)
    with services.desk(SYSTEM) as desk:
        draft = Draft("VPN verbindet nicht", "Der Tunnel (vpn) hängt", requester_name="Jana Muster")
        return intake.create(desk, draft).ticket.id


def start(page: Any, address: str, ticket: int | None = None) -> None:
    """A run, at the device's name."""
    if ticket is None:
        page.goto(f"{address}/guides")
        page.locator(".card", has_text="VPN verbindet nicht").get_by_text("Starten").click()
    else:
        page.goto(f"{address}/tickets/{ticket}")
        page.click(".guide-offer .primary")
    page.wait_for_selector("#run #answer")
    page.wait_for_load_state()


def name_device(page: Any, name: str = "NB-1") -> None:
    page.fill("#answer", name)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Öffnet sich")


def press(page: Any, key: str, wait_for: str) -> None:
    page.keyboard.press(key)
    page.wait_for_selector(f"#question:has-text('{wait_for}')")


def make_link(page: Any) -> str:
    page.click("text=Mit Kunden teilen")
    page.click("text=Link anlegen")
    page.wait_for_selector("#customer-address")
    return str(page.input_value("#customer-address"))


def serious(page: Any) -> list[str]:
    found = axe.Axe().run(page).response["violations"]
    return [each["id"] for each in found if each["impact"] in {"serious", "critical"}]


def test_a_whole_run_by_keyboard_resolves_the_ticket(page: Any, address: str, ticket: int) -> None:
    start(page, address, ticket)
    name_device(page)
    press(page, "1", "Was zeigt der VPN-Client an?")
    press(page, "1", "Kennwort in den letzten 24 Stunden")
    press(page, "1", "neuen Kennwort anmelden")
    press(page, "1", "Verbindet das VPN jetzt?")
    press(page, "1", "Das VPN funktioniert wieder")
    page.get_by_role("button", name="Beenden").click()
    page.wait_for_selector("#resolution-text")

    assert page.input_value("#resolution-text").startswith("Gelöst mit der Anleitung")
    assert page.is_visible("text=Was gefragt und getan wurde")
    assert page.faults == []


def test_a_correction_keeps_what_is_certain_and_asks_about_the_rest(
    page: Any, address: str
) -> None:
    start(page, address)
    name_device(page)
    press(page, "1", "Was zeigt der VPN-Client an?")
    press(page, "1", "Kennwort in den letzten 24 Stunden")
    press(page, "1", "neuen Kennwort anmelden")
    page.click(".path a:has-text('Was zeigt')")
    page.wait_for_selector("text=Eine frühere Antwort")
    page.wait_for_load_state()
    press(page, "2", "Bis wann ist das VPN-Zertifikat")

    assert "NB-1" in page.inner_text(".path:not(.doubted)")
    assert "Kennwort" in page.inner_text(".doubted")
    assert page.url.split("?")[0] == page.url
    assert page.faults == []


def test_a_colleague_goes_on_where_somebody_stopped(
    page: Any, address: str, services: Services, sign_in_as: SignInAs
) -> None:
    cookie = sign_in_as(Role.L1_AGENT, "omar").get_cookie(COOKIE)
    assert cookie is not None
    with services.database.write() as connection:
        connection.exec_driver_sql("UPDATE users SET display_name = 'Omar' WHERE login = 'omar'")
    start(page, address)
    name_device(page)
    page.click("text=An Kollegen")
    page.select_option("#run-to", "Omar")
    page.get_by_role("button", name="Übergeben").click()
    page.wait_for_selector(".run-facts:has-text('Omar')")
    other = page.context.browser.new_context(locale="de-DE")
    other.add_cookies([{"name": COOKIE, "value": cookie.value, "url": address}])
    theirs = other.new_page()
    theirs.goto(f"{address}/guides")
    theirs.click("h2:has-text('Weitermachen mit') + ul h3 a")
    theirs.wait_for_selector("#question")
    theirs.wait_for_load_state()
    press(theirs, "1", "Was zeigt der VPN-Client an?")

    assert page.faults == []


def test_a_customer_answers_on_a_phone_and_both_sides_see_it(
    page: Any, address: str, ticket: int
) -> None:
    start(page, address, ticket)
    link = make_link(page)
    context = page.context.browser.new_context(
        locale="de-DE", viewport={"width": 360, "height": 700}
    )
    phone = context.new_page()
    phone.goto(link)
    phone.fill("#answer", "NB-9")
    phone.click("text=Weiter")
    phone.wait_for_selector("text=Öffnet sich")
    page.wait_for_selector(".path:has-text('NB-9')", timeout=15_000)
    width = phone.evaluate("document.documentElement.scrollWidth")

    assert width <= 360
    assert serious(phone) == []
    assert page.faults == []


def test_an_escalation_leads_to_the_hand_over_with_its_answers(
    page: Any, address: str, ticket: int
) -> None:
    start(page, address, ticket)
    name_device(page)
    press(page, "1", "Was zeigt der VPN-Client an?")
    press(page, "3", "mittlere Antwortzeit")
    page.fill("#answer", "350,5")
    page.keyboard.press("Enter")
    page.wait_for_selector("#question:has-text('An das Netzwerk-Team')")
    page.click("text=Übergabe vorbereiten")
    page.wait_for_selector("h1:has-text('Übergeben')")
    page.click("button[value=hand_over]")
    page.wait_for_selector(".ticket-page")
    page.goto(f"{address}/tickets/{ticket}/hand-over/1")

    assert "350,5" in page.inner_text("main")
    assert page.faults == []


def test_without_javascript_a_run_goes_on(page: Any, address: str) -> None:
    context = page.context.browser.new_context(locale="de-DE", java_script_enabled=False)
    context.add_cookies(page.context.cookies())
    plain = context.new_page()
    start(plain, address)
    name_device(plain)
    plain.click("button[value=yes]")
    plain.wait_for_selector("text=Was zeigt der VPN-Client an?")
    plain.click(".path a >> nth=0")

    assert plain.input_value("#answer") == "NB-1"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_serious_finding_of_axe(
    page: Any, address: str, sign_in_as: SignInAs, theme: str
) -> None:
    owner = sign_in_as(Role.ADMIN, "owner").get_cookie(COOKIE)
    assert owner is not None
    page.context.add_cookies(
        [
            {"name": COOKIE, "value": owner.value, "url": address},
            {"name": "kb_theme", "value": theme, "url": address},
        ]
    )
    page.emulate_media(color_scheme=theme)
    start(page, address)
    name_device(page)
    press(page, "1", "Was zeigt der VPN-Client an?")
    found = {"run": serious(page)}
    for path in ("/guides", "/guides/vpn_connect"):
        page.goto(address + path)
        found[path] = serious(page)

    assert found == {"run": [], "/guides": [], "/guides/vpn_connect": []}


@pytest.mark.parametrize("path", ["/guides", "/guides/vpn_connect", "run"])
def test_nothing_is_wider_than_a_small_phone(page: Any, address: str, path: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    if path == "run":
        start(page, address)
        name_device(page)
    else:
        page.goto(address + path)

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
