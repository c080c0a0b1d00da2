"""axe finds nothing serious on the pages of search and tickets; nothing is wider than a phone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kb_assist.auth import store as accounts
from kb_assist.auth.model import SupportLevel
from kb_assist.bootstrap import Services
from kb_assist.correlation import checklist, outages, surges_store
from kb_assist.correlation.outages import Texts
from kb_assist.correlation.surges_store import Told
from kb_assist.monitoring import configure
from kb_assist.monitoring.surges import Found
from kb_assist.tickets import intake
from kb_assist.tickets.model import SYSTEM, Draft

pytestmark = pytest.mark.browser
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

PAGES = (
    "/?q=error+809",
    "/articles",
    "/articles/KB-3",
    "/queue",
    "/queue?text=nothing",
    "/tickets/new",
    "/tickets/1?help=1",
    "/tickets/1?open=resolve",
    "/tickets/1/hand-over?group=1",
    "/status",
    "/status/outages/1",
    "/status/surges/1",
    "/status/checklist",
    "/status/tools",
    "/status/tools/new",
    "/api/docs",
)


@pytest.fixture(autouse=True)
def _ticket(services: Services) -> None:
    with services.database.write() as connection:
        accounts.ensure_group(connection, "Netzwerk L3", SupportLevel.L3)
    with services.desk(SYSTEM) as desk:
        ticket = intake.create(desk, Draft("VPN error 809", "Seit heute: VPN error 809")).ticket
        found = Found((ticket.id,), desk.now, 0.0, np.zeros(4, dtype=np.float32), 0.3)
        surges_store.add(desk.connection, "fake", Told("VPN error 809", "VPN, 809"), found)
        checklist.add_item(desk, ("Bänder wechseln", "Change the tapes"), "Server")
        mail = {"key": "mail", "name": "Mail", "kind": "tcp", "target": "mail.nordwind.example:25"}
        configure.add_tool(desk.connection, mail, by="Ada", now=desk.now)
        outages.report(desk, "VPN", Texts("Das VPN ist gestört.", "The VPN is disturbed."))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(page: Any, address: str, theme: str) -> None:
    page.emulate_media(color_scheme=theme)
    found: dict[str, list[str]] = {}
    for path in PAGES:
        page.goto(f"{address}{path}")
        page.wait_for_load_state("networkidle")
        violations = axe.Axe().run(page).response["violations"]
        serious = [
            f"{v['id']}: {v['nodes'][0]['html'][:160]}"
            for v in violations
            if v["impact"] in {"serious", "critical"}
        ]
        if serious:
            found[path] = serious

    assert found == {}


def test_no_page_is_wider_than_a_phone(page: Any, address: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    wide = {}
    for path in PAGES:
        page.goto(f"{address}{path}")
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            wide[path] = width

    assert wide == {}
