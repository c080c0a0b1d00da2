"""The search page in a real browser."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.browser


def test_results_appear_while_typing_and_open_by_keyboard(page: Any) -> None:
    page.keyboard.type("error 809")
    page.wait_for_selector(".card")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/articles/KB-3*")

    assert page.faults == []


def test_a_pasted_ticket_is_cleaned(page: Any) -> None:
    page.fill("#q", "Hallo,\nder Drucker druckt nicht.\n\nGruß\nJana")
    page.wait_for_selector(".card")

    assert "Anrede" in page.inner_text(".verdict")
    assert "Druckauftrag" in page.inner_text(".card h3")
    assert page.faults == []


def test_a_paragraph_can_be_reported(page: Any, services: Any, address: str) -> None:
    page.goto(f"{address}/articles/KB-3")
    page.hover("[data-passage]")
    page.click("#flag")
    page.fill("#remark-text", "Falscher Port")
    page.click("#remark-dialog .primary")
    page.wait_for_selector(".toast")

    assert [r.remark for r in services.reports.all()] == ["Falscher Port"]
    assert services.reports.all()[0].excerpt
