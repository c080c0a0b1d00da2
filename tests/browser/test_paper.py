"""Pages on paper: the page alone, black on white, with where it is from and as of when."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from kb_assist.bootstrap import Services
from kb_assist.settings import Settings
from kb_assist.tickets import intake
from kb_assist.tickets.model import SYSTEM, Draft
from tests.guides.conftest import SAMPLE

pytestmark = pytest.mark.browser

# An A4 page less its margins, in CSS pixels.
_PAPER_WIDTH = 680
_SHOWN = """sel => [...document.querySelectorAll(sel)]
  .filter(e => e.getClientRects().length).map(e => e.className || e.tagName)"""


@pytest.mark.parametrize(
    "path",
    ["/tickets/1", "/articles/KB-3", "/guides/vpn_connect", "/status/checklist", "/gaps", "/queue"],
)
def test_a_dark_page_is_printed_without_its_controls(
    page: Any, address: str, services: Services, settings: Settings, path: str
) -> None:
    shutil.copytree(SAMPLE, settings.articles / "guides")
    with services.desk(SYSTEM) as desk:
        intake.create(desk, Draft("VPN error 809", "Seit heute."))
    page.context.add_cookies([{"name": "theme", "value": "dark", "url": address}])
    page.set_viewport_size({"width": _PAPER_WIDTH, "height": 960})
    page.emulate_media(media="print")
    page.goto(address + path)
    page.wait_for_load_state("networkidle")

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    quiet = page.evaluate("getComputedStyle(document.body).getPropertyValue('color-scheme')")
    assert quiet == "light"
    controls = "header.site-header, footer.site-footer, main button, main nav, .actions-bar, #q"
    assert page.evaluate(_SHOWN, controls) == []
    assert page.inner_text(".print-head span:last-child") == address + path
    assert page.evaluate("document.documentElement.scrollWidth") <= _PAPER_WIDTH


def test_times_are_printed_as_they_are_not_as_ages(
    page: Any, address: str, services: Services
) -> None:
    with services.desk(SYSTEM) as desk:
        intake.create(desk, Draft("VPN error 809", "Seit heute."))
    page.emulate_media(media="print")
    page.goto(f"{address}/tickets/1")
    shown = page.evaluate(
        "getComputedStyle(document.querySelector('.message time'), '::after').content"
    )

    assert "2026" in shown
    assert "ME" in shown, "in the time zone of the desk"
