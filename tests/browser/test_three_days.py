"""Three people's whole day on the demo, with the real model, in German and in English."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kb_assist.auth import store as accounts
from kb_assist.auth.model import SupportLevel
from kb_assist.gaps import store as gaps
from kb_assist.gaps.model import GapState
from kb_assist.guides.analytics import SMALLEST_CELL
from kb_assist.tickets import intake, links, store
from kb_assist.tickets.lifecycle import Command, Verb
from kb_assist.tickets.model import SYSTEM, Draft, RecordRole, State
from kb_assist.tickets.records import store as records_store
from kb_assist.tickets.work import move
from tests.browser.demo_desk import DemoDesk, picture, served

pytestmark = [pytest.mark.browser, pytest.mark.model]

Opened = Callable[[str], Any]
_QUIET = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking".split()
CALLS = {
    "de": (
        "VPN-Tunnel: Fehler 691",
        "AnyConnect zeigt Fehler 691, seit gestern kommt kein VPN-Tunnel zustande.",
        "nadine.schroeter@nordwind.example",
    ),
    "en": (
        "VPN tunnel: error 691",
        "AnyConnect shows error 691, since yesterday there is no VPN tunnel.",
        "sofia.almeida@nordwind.example",
    ),
}
SLOW_TUNNEL = {"de": "VPN-Tunnel: Zeitüberschreitung", "en": "VPN tunnel: timeout"}
FOR_L2 = {
    "de": ("VPN im Gastnetz des Kunden", "Beim Kunden meldet das VPN Fehler 809.", "NB-0318"),
    "en": ("VPN from a guest network", "At the customer the VPN shows error 809.", "NB-0447"),
}
SAID = {
    "de": {
        "since_when": "Seit heute 8 Uhr, davor nie.",
        "steps_tried": "Neustart; über den Handy-Hotspot verbindet es sich.",
        "addresses": "10.20.4.17 nach vpn.nordwind.example, UDP 4500",
    },
    "en": {
        "since_when": "Since 8 this morning, never before.",
        "steps_tried": "Restarted; over the phone's hotspot it connects.",
        "addresses": "10.20.4.17 to vpn.nordwind.example, UDP 4500",
    },
}
LATE_MAIL = {"de": "Rechnungen per E-Mail hängen fest", "en": "external mail not delivered"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoDesk]:
    with served(tmp_path_factory.mktemp("demo")) as desk:
        yield desk


@pytest.fixture(params=["de", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def opened(demo: DemoDesk, language: str) -> Iterator[Opened]:
    """Signs a person in, each in a browser of their own; nobody may see a fault."""
    if shutil.which("chromium") is None:
        pytest.skip("needs Chromium")
    sync_api = pytest.importorskip("playwright.sync_api")
    faults: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=[*_QUIET, "--disable-sync"]
        )

        def sign_in(login: str) -> Any:
            context = browser.new_context(
                locale={"de": "de-DE", "en": "en-GB"}[language],
                viewport={"width": 1280, "height": 800},
                color_scheme="light",
            )
            page = context.new_page()
            page.set_default_timeout(15_000)
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.goto(f"{demo.address}/queue")
            page.fill("[name=login]", login)
            page.fill("[name=password]", demo.password)
            page.click(".gate .primary")
            page.wait_for_selector(".site-header .person")
            return page

        yield sign_in
        browser.close()
    assert faults == []


def number_of(page: Any) -> int:
    """The ticket that the page shows."""
    found = re.search(r"/tickets/(\d+)", page.url)
    assert found is not None, page.url
    return int(found[1])


def call_in(page: Any, subject: str, body: str, email: str) -> int:
    """Somebody phones: from the list to a new ticket."""
    page.click("nav.views .button.primary")
    page.fill("#subject", subject)
    page.fill("#body", body)
    page.fill("#requester_email", email)
    page.click("main form .primary")
    page.wait_for_selector("#suggestions .guide-offer")
    return number_of(page)


def choose(page: Any, place: int) -> None:
    """Answer a guide's question, and wait for the next one; the keys have a story of their own."""
    asked = page.inner_text("#question")
    page.click(f".answers button >> nth={place - 1}")
    page.wait_for_function(
        "asked => document.querySelector('#question')?.innerText !== asked", arg=asked
    )


def start_guide(page: Any) -> None:
    page.click(".guide-offer form[action*=vpn_connect] .primary")
    page.wait_for_selector("#run #answer")
    page.fill("#answer", "NB-0318")
    page.keyboard.press("Enter")
    page.wait_for_selector("#question + *")
    page.wait_for_selector(".answers")


def to_the_network_group(page: Any) -> None:
    """Choose it on the page of the hand-over; the page asks for its facts then."""
    # The script that sends the choice must be there first.
    page.wait_for_load_state("networkidle")
    page.select_option("select[name=group]", label="L3 · Netzwerk L3")
    page.wait_for_url(re.compile(r"group=\d"))


def state_of(demo: DemoDesk, ticket_id: int) -> State:
    with demo.services.database.read() as connection:
        return store.get(connection, ticket_id).state


def test_first_level_solves_with_a_guide_and_escalates_with_its_answers(
    demo: DemoDesk, opened: Opened, language: str
) -> None:
    page = opened("lena.l1")
    assert page.locator(".places a[href='/gaps']").count() == 0
    subject, body, email = CALLS[language]

    solved = call_in(page, subject, body, email)
    start_guide(page)
    choose(page, 1)
    if language == "en":
        picture(page, "guide-en")
    for _ in range(4):
        choose(page, 1)
    page.click(".outcome .primary")
    page.wait_for_selector("#resolution-text:visible")
    page.click(".action[open] .panel .primary")
    page.wait_for_selector(".state-resolved")
    assert state_of(demo, solved) is State.RESOLVED

    page.goto(f"{demo.address}/queue")
    failed = call_in(page, SLOW_TUNNEL[language], body, email)
    start_guide(page)
    choose(page, 1)
    choose(page, 3)
    page.fill("#answer", "350")
    page.keyboard.press("Enter")
    page.click(".outcome-escalate .primary")
    page.wait_for_selector("button[value=hand_over]")
    assert page.input_value("select[name=group]") != "", "one group of L2: nothing to choose"
    for field in page.query_selector_all("textarea[name^=item-]"):
        field.fill("NB-0318")
    page.click("button[value=hand_over]")
    page.wait_for_selector(".state-escalated")
    page.goto(f"{demo.address}/tickets/{failed}/hand-over/1")
    assert "350" in page.inner_text("main")


@pytest.fixture
def second_level(demo: DemoDesk, language: str) -> int:
    """A ticket of the group Second Level, with the device it is about."""
    subject, body, device = FOR_L2[language]
    with demo.services.desk(SYSTEM) as desk:
        email = CALLS[language][2]
        draft = Draft(subject, body, language=language, requester_email=email, product="VPN")
        ticket = intake.create(desk, draft).ticket
        item = records_store.ci_by_key(desk.connection, device)
        assert item is not None
        links.link_ci(desk, ticket.id, item.id, RecordRole.PRIMARY)
        group = accounts.ensure_group(desk.connection, "Second Level", SupportLevel.L2)
        move(desk, ticket.id, Command(Verb.ASSIGN, group_id=group.id))
    return ticket.id


def test_second_level_hands_over_and_gets_it_back(
    demo: DemoDesk, opened: Opened, language: str, second_level: int
) -> None:
    page = opened("omar.l2")
    page.goto(f"{demo.address}/queue?view=my_groups")
    page.click(f"h3 a[href$='/tickets/{second_level}']")
    page.wait_for_selector("#suggestions .card:has-text('809') .why")
    assert page.locator("#suggestions .cards:not(ol) h3").count() > 0, "a similar ticket"
    assert FOR_L2[language][2] in page.inner_text(".side")
    page.click(".actions-bar > form button.primary")
    page.wait_for_selector(".state-in_progress")
    if language == "de":
        picture(page, "ticket-de")

    page.click("a[href$='/hand-over']")
    to_the_network_group(page)
    page.wait_for_selector("button[value=hand_over]")
    for field in page.query_selector_all("textarea[name^=item-]"):
        asked = field.get_attribute("name").removeprefix("item-")
        field.fill(SAID[language].get(asked, "–"))
    page.click("button[value=hand_over]")
    page.wait_for_selector(".state-escalated")
    dossier = f"{demo.address}/tickets/{second_level}/hand-over/1"
    page.goto(dossier)
    assert "100 %" in page.inner_text(".meter")
    if language == "de":
        picture(page, "dossier-de")

    third = opened("ines.l3")
    third.goto(f"{demo.address}/queue?view=waiting_for_me")
    third.click(f"h3 a[href$='/tickets/{second_level}']")
    third.goto(dossier)
    third.check("#return [name=item] >> nth=0")
    third.fill("#reason", "UDP 500?")
    third.click("#return .primary")
    third.wait_for_selector(".ticket-page")

    page.goto(f"{demo.address}/tickets/{second_level}/hand-over")
    to_the_network_group(page)
    page.wait_for_selector("#note")
    page.fill("#note", "UDP 500 + 4500")
    page.click("button[value=hand_over]")
    page.wait_for_selector(".state-escalated")

    third.goto(f"{demo.address}/tickets/{second_level}")
    third.click(".actions-bar form[action$='/accept'] button")
    third.wait_for_selector(".state-in_progress")
    third.click(".actions-bar summary.primary")
    third.fill("#resolution-text", "UDP 500 + 4500")
    third.click(".action[open] .panel .primary")
    third.wait_for_selector(".state-resolved")
    third.click(".actions-bar form:has([value=close]) button")
    third.wait_for_selector(".state-closed")
    assert state_of(demo, second_level) is State.CLOSED


def test_an_outage_is_seen_at_the_ticket_and_linked(
    demo: DemoDesk, opened: Opened, language: str
) -> None:
    page = opened("mia.l2")
    if language == "en":
        page.goto(f"{demo.address}/status")
        picture(page, "status-en")
        page.emulate_media(color_scheme="dark")
        page.goto(f"{demo.address}/queue")
        picture(page, "queue-dark-en")
    page.goto(f"{demo.address}/queue?view=all&text={LATE_MAIL[language]}")
    page.click(f"h3 a:has-text('{LATE_MAIL[language]}')")
    page.click(".notice-bad button.primary")
    page.wait_for_selector(".notice-bad button.quiet")

    page.wait_for_load_state("networkidle")
    # The palette is reached from here as from everywhere.
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette[open] li")
    page.keyboard.type({"de": "Morgen", "en": "Morning"}[language])
    page.wait_for_selector("#palette li:first-child a[href='/status/checklist']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/status/checklist")


def test_a_content_owner_closes_a_gap_and_sees_where_a_guide_loses_people(
    demo: DemoDesk, opened: Opened, language: str
) -> None:
    page = opened("carla.owner")
    page.goto(f"{demo.address}/gaps")
    if language == "de":
        picture(page, "gaps-de")
    page.click(f".gap-rows tbody tr >> nth={int(language == 'en')} >> a >> nth=0")
    page.wait_for_selector(".gap-head")
    gap_page, gap_id = page.url, int(page.url.rsplit("/", 1)[1])
    page.click(".next-steps summary.primary")
    page.fill("#due", "2099-12-31")
    page.click(".step-form[open] form .primary")
    page.wait_for_selector(".gap-accepted")

    page.click(f"a[href='/gaps/{gap_id}/draft']")
    page.wait_for_selector(".draft-page")
    page.click("button[name=save]")
    page.wait_for_url(gap_page)
    with demo.services.database.read() as connection:
        written = gaps.get(connection, gap_id).article_id
    file = demo.services.settings.articles / f"{written}.md"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("confidence: wip", "confidence: validated"), encoding="utf-8")
    demo.publish()

    page.goto(gap_page)
    page.click(".step-form:has([value=published]) > summary")
    page.click(".step-form[open]:has([value=published]) form .primary")
    page.wait_for_selector(".facts .gap-published")
    page.click("form[action$='/proof'] button")
    page.wait_for_selector(".notice-good")
    page.click(".next-steps form:has([value=verified]) .primary")
    page.wait_for_selector(".facts .gap-verified")
    with demo.services.database.read() as connection:
        assert gaps.get(connection, gap_id).state is GapState.VERIFIED

    page.goto(f"{demo.address}/guides/vpn_connect")
    losing = page.locator("table.rows tr:has-text('vpn.example.com') td >> nth=2")
    assert int(losing.inner_text().split()[0]) >= SMALLEST_CELL
