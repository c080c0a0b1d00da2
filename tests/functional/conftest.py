"""An application over the small knowledge base, with the fake model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from kb_assist.app import create_app
from kb_assist.articles.reports import ReportLog
from kb_assist.bootstrap import Services
from kb_assist.engine import Engine
from kb_assist.indexer.reindex import ReindexResult
from kb_assist.settings import Settings
from tests.fakes import FakeEmbedder, FrozenClock


@pytest.fixture
def services(settings: Settings, embedder: FakeEmbedder, clock: FrozenClock) -> Services:
    engine = Engine(settings, lambda: embedder)
    return Services(settings, clock, engine, ReportLog(settings.reports_file))


@pytest.fixture
def app(settings: Settings, services: Services) -> Any:
    made = create_app(settings, services)
    made.config.update(WTF_CSRF_ENABLED=False)
    return made


@pytest.fixture
def client(app: Any, build: Callable[..., ReindexResult]) -> FlaskClient:
    build()
    return app.test_client()  # type: ignore[no-any-return]
