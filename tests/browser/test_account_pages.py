"""Signing in and the account's page in a real browser."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functional.conftest import PASSWORD, SignInAs

pytestmark = pytest.mark.browser
axe = pytest.importorskip("axe_playwright_python.sync_playwright")


def test_a_session_that_ended_keeps_the_typed_text(
    page: Any, services: Any, sign_in_as: SignInAs, address: str
) -> None:
    with services.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM user_sessions")
    page.fill("#q", "error 809")
    page.wait_for_selector("#login")
    page.fill("#login", "some.l2_agent")
    page.fill("#password", PASSWORD)
    page.click(".gate .primary")
    page.wait_for_selector(".card")

    assert page.input_value("#q") == "error 809"


def test_the_persons_menu_opens_closes_and_signs_out(page: Any) -> None:
    page.click(".person summary")
    page.keyboard.press("Escape")
    closed = page.is_hidden(".menu")
    page.click(".person summary")
    page.click(".menu button")
    page.wait_for_selector("#login")

    assert closed
    assert page.faults == []


def test_a_token_is_made_in_the_browser(page: Any, address: str) -> None:
    page.goto(f"{address}/account")
    page.click("#tokens summary")
    page.fill("#name", "Import")
    page.click("#tokens .primary")

    assert page.inner_text(".secret").startswith("kba_")
    assert page.faults == []


@pytest.mark.parametrize("path", ["/account", "/sign-in"])
def test_no_serious_finding_of_axe(page: Any, address: str, path: str) -> None:
    if path == "/sign-in":
        page.context.clear_cookies()
    page.goto(address + path)
    found = axe.Axe().run(page).response["violations"]
    serious = [each["id"] for each in found if each["impact"] in {"serious", "critical"}]

    assert serious == []


def test_the_account_page_fits_a_phone(page: Any, address: str) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(f"{address}/account")

    assert page.evaluate("document.documentElement.scrollWidth") == 320
