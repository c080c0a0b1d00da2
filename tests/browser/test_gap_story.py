"""A content owner closes a gap, from the page of Monday to the proof; and what these pages owe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kb_assist.auth import store as accounts
from kb_assist.auth.model import Role, SupportLevel
from kb_assist.bootstrap import Services
from kb_assist.cli.gaps import detect_gaps
from kb_assist.gaps import store
from kb_assist.gaps.model import GapState
from kb_assist.indexer.reindex import ReindexResult
from kb_assist.settings import Settings
from kb_assist.tickets import intake
from kb_assist.tickets.handover import escalate
from kb_assist.tickets.handover.model import Request
from kb_assist.tickets.model import SYSTEM, Draft
from tests.browser.conftest import COOKIE
from tests.functional.conftest import SignInAs

pytestmark = pytest.mark.browser
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

SUBJECTS = (
    "turnstile badge door refuses entry",
    "badge turnstile door broken entry",
    "door turnstile refuses badge entry",
    "projector lamp dark",
    "keyboard sticky coffee",
    "mouse wheel loose",
    "fan is loud",
)
PAGES = (
    "/gaps",
    "/gaps?state=verified",
    "/gaps/1",
    "/gaps/1/draft",
    "/gaps/escalations",
    "/gaps/escalations?shown=failed",
    "/gaps/health",
    "/gaps/health/KB-1",
    "/account",
)


@pytest.fixture
def gap(page: Any, address: str, services: Services, sign_in_as: SignInAs) -> str:
    """A gap that a run has found, and an owner before the page of gaps; its address."""
    with services.database.write() as connection:
        group = accounts.ensure_group(connection, "Second Level", SupportLevel.L2)
    for subject in SUBJECTS:
        with services.desk(SYSTEM) as desk:
            draft = Draft(subject, "", language="en", requester_name="Jana Muster", product="Doors")
            ticket = intake.create(desk, draft).ticket
    with services.desk(SYSTEM) as desk:
        escalate.hand_over(desk, ticket.id, Request(group.id, note="Nothing found."))
    detect_gaps(services, 90)
    owner = sign_in_as(Role.CONTENT_OWNER, "carla").get_cookie(COOKIE)
    assert owner is not None
    page.context.add_cookies([{"name": COOKIE, "value": owner.value, "url": address}])
    with services.database.read() as connection:
        (found,) = store.all_gaps(connection)
    page.goto(f"{address}/gaps")
    return f"{address}/gaps/{found.id}"


def test_an_owner_closes_a_gap_from_start_to_proof(
    page: Any,
    gap: str,
    services: Services,
    settings: Settings,
    build: Callable[..., ReindexResult],
) -> None:
    page.click(".tile a:has-text('turnstile')")
    assert page.url == gap
    page.click("summary:has-text('Umbenennen')")
    page.fill("#new-title", "Das Drehkreuz lehnt den Ausweis ab")
    page.click(".step-form[open] button:has-text('Speichern')")
    page.wait_for_selector("h1:has-text('Das Drehkreuz lehnt den Ausweis ab')")
    page.click("summary:has-text('Annehmen')")
    page.fill("#due", "2099-12-31")
    page.click("form button:has-text('Annehmen')")
    page.wait_for_selector(".gap-accepted")

    page.click("text=Artikel entwerfen")
    page.fill("#answer-cause", "The badge turnstile door refuses entry after a power cut.")
    page.fill("#answer-fix", "Restart the turnstile controller and hold the badge to the door.")
    page.click("button:has-text('Entwurf erstellen')")
    page.wait_for_selector("pre:has-text('Restart the turnstile controller')")
    page.wait_for_selector(".draft-preview h2")
    page.click("button:has-text('Als Entwurf speichern')")
    page.wait_for_selector("text=noch nicht im Index")

    with services.database.read() as connection:
        (kept,) = store.all_gaps(connection)
    file = settings.articles / f"{kept.article_id}.md"
    written = file.read_text(encoding="utf-8").replace("confidence: wip", "confidence: validated")
    file.write_text(written, encoding="utf-8")
    build()

    page.goto(gap)
    page.click("summary:has-text('Der Artikel ist veröffentlicht')")
    page.click("form button:has-text('Der Artikel ist veröffentlicht')")
    page.wait_for_selector("text=braucht den Nachweis")
    page.click("text=Index mit diesen Tickets prüfen")
    page.wait_for_selector(".notice-good:has-text('3 von 3 Tickets')")
    page.click("button:has-text('Bestätigt: Er hilft')")
    page.wait_for_selector(".facts .gap-verified")

    page.goto(gap.rpartition("/")[0])
    page.click("section:has(#mend) a:has-text('Mailbox is full')")
    page.wait_for_selector(".finding-rows td:has-text('Prüfung überfällig')")
    page.click("text=Artikel lesen")
    page.wait_for_selector("article.reading")

    with services.database.read() as connection:
        assert store.get(connection, kept.id).state is GapState.VERIFIED
    assert page.faults == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(page: Any, address: str, gap: str, theme: str) -> None:
    page.emulate_media(color_scheme=theme)
    found: dict[str, list[str]] = {}
    for path in PAGES:
        page.goto(f"{address}{path}")
        # What is folded away must be as good as what is shown.
        page.evaluate("document.querySelectorAll('main details').forEach(d => d.open = true)")
        violations = axe.Axe().run(page).response["violations"]
        serious = [
            f"{v['id']}: {v['nodes'][0]['html'][:160]}"
            for v in violations
            if v["impact"] in {"serious", "critical"}
        ]
        if serious:
            found[path] = serious

    assert found == {}


@pytest.mark.parametrize("width", [320, 390])
def test_no_page_is_wider_than_a_phone(page: Any, address: str, gap: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    wide = {}
    for path in PAGES:
        page.goto(f"{address}{path}")
        page.evaluate("document.querySelectorAll('main details').forEach(d => d.open = true)")
        reached = page.evaluate("document.documentElement.scrollWidth")
        if reached > width:
            wide[path] = reached

    assert wide == {}
