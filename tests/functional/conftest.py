"""An application over the small knowledge base, with the fake model."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from kb_assist.app import create_app
from kb_assist.articles.reports import ReportLog
from kb_assist.bootstrap import Services
from kb_assist.engine import Engine
from kb_assist.indexer.reindex import ReindexResult
from kb_assist.settings import Settings
from kb_assist.storage.db import Database, sqlite_url
from tests.fakes import FakeEmbedder, FrozenClock


@pytest.fixture
def services(
    settings: Settings, embedder: FakeEmbedder, clock: FrozenClock, sqlite_template: Path
) -> Iterator[Services]:
    """On SQLite; whatever the areas store is tested on both databases in their own tests."""
    settings.var.mkdir()
    database = Database(sqlite_url(Path(shutil.copy(sqlite_template, settings.database_file))))
    engine = Engine(settings, lambda: embedder)
    yield Services(settings, clock, engine, ReportLog(settings.reports_file), database)
    database.close()


@pytest.fixture
def app(settings: Settings, services: Services) -> Any:
    made = create_app(settings, services)
    made.config.update(WTF_CSRF_ENABLED=False)
    return made


@pytest.fixture
def client(app: Any, build: Callable[..., ReindexResult]) -> FlaskClient:
    build()
    return app.test_client()  # type: ignore[no-any-return]
