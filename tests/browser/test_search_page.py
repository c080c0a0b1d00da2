"""The search page in a real browser."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server

from kb_assist.indexer.reindex import ReindexResult

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium"),
]
sync_api = pytest.importorskip("playwright.sync_api")

_QUIET = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking".split()


@pytest.fixture
def address(app: Any, build: Callable[..., ReindexResult]) -> Iterator[str]:
    build()
    app.config.update(WTF_CSRF_ENABLED=True)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def page(address: str) -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=[*_QUIET, "--disable-sync"]
        )
        page = browser.new_page(locale="de-DE")
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda m: page.faults.append(m.text) if m.type in {"error"} else None)
        page.goto(address)
        yield page
        browser.close()


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
