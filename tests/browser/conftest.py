"""A German browser before the application of the functional tests."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from kb_assist.auth.model import Role
from kb_assist.indexer.reindex import ReindexResult
from kb_assist.settings import Settings
from kb_assist.storage.db import Database
from tests.functional.conftest import SignInAs, app, services, sign_in_as, sqlite_database

__all__ = ["app", "services", "sign_in_as"]

COOKIE = "kb_assist"
_QUIET = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking".split()


@pytest.fixture
def served_database(sqlite_template: Path, settings: Settings) -> Iterator[Database]:
    """The server's own tests have been on both."""
    with sqlite_database(sqlite_template, settings) as opened:
        yield opened


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
def page(address: str, sign_in_as: SignInAs) -> Iterator[Any]:
    """A German browser in which a second-level agent is signed in."""
    signed_in = sign_in_as(Role.L2_AGENT).get_cookie(COOKIE)
    assert signed_in is not None
    if shutil.which("chromium") is None:
        pytest.skip("needs Chromium")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=[*_QUIET, "--disable-sync"]
        )
        # A page is looked at as it comes to rest: halfway between two colours nothing is legible.
        context = browser.new_context(locale="de-DE", reduced_motion="reduce")
        context.add_cookies([{"name": COOKIE, "value": signed_in.value, "url": address}])
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda m: page.faults.append(m.text) if m.type in {"error"} else None)
        page.goto(address)
        yield page
        browser.close()
