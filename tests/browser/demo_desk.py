"""The demo with its real model, served once for whole days of work; and pictures of it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from kb_assist.app import create_app
from kb_assist.auth.demo import create_demo_accounts
from kb_assist.auth.passwords import Passwords
from kb_assist.bootstrap import Services, build_services, prepare_database
from kb_assist.cli.gaps import detect_gaps
from kb_assist.cli.tickets import embed_resolved, load_demo_files
from kb_assist.indexer.reindex import reindex
from kb_assist.settings import Settings

REPOSITORY = Path(__file__).parents[2]
# Read before the fixture that hides such variables from every test.
_PICTURES = os.environ.get("KB_ASSIST_SCREENSHOTS")


@dataclass(frozen=True, slots=True)
class DemoDesk:
    """A served demo."""

    address: str
    password: str
    services: Services

    def publish(self) -> None:
        """Index what was written; the server picks it up."""
        reindex(self.services.settings)


@contextmanager
def served(root: Path) -> Iterator[DemoDesk]:
    """The demo of ``serve --demo`` in ``root``, on a free port."""
    articles = Path(shutil.copytree(REPOSITORY / "articles", root / "articles"))
    settings = Settings(articles=articles, var=root / "var")
    _take_what_is_embedded(settings)
    reindex(settings)
    services = build_services(settings)
    prepare_database(services.database)
    services.engine.load()
    with services.database.write() as connection:
        quick = Passwords(time_cost=1, memory_kib=8)
        made = create_demo_accounts(connection, quick, at=services.clock.now())
    assert made.password is not None
    load_demo_files(services)
    embed_resolved(services)
    detect_gaps(services, 90)
    server = make_server("127.0.0.1", 0, create_app(settings, services), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield DemoDesk(f"http://127.0.0.1:{server.server_port}", made.password, services)
    server.shutdown()
    thread.join()
    services.database.close()


def _take_what_is_embedded(settings: Settings) -> None:
    """Vectors of the demo's texts from ``make run`` in this tree, where it ran: a minute less."""
    for kept in (settings.cache_dir, settings.models_dir):
        known = REPOSITORY / "var" / kept.relative_to(settings.var)
        if known.is_dir():
            shutil.copytree(known, kept)


def picture(page: Any, name: str) -> None:
    """Save what the page shows, where ``KB_ASSIST_SCREENSHOTS`` names a folder."""
    if _PICTURES is None:
        return
    folder = Path(_PICTURES)
    folder.mkdir(parents=True, exist_ok=True)
    page.wait_for_load_state("networkidle")
    page.mouse.move(0, 0)
    page.evaluate("document.querySelectorAll('.toast').forEach(t => t.remove())")
    page.screenshot(path=str(folder / f"{name}.png"))
