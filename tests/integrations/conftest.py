"""The application with its ways in set up."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr

from kb_assist.app import create_app
from kb_assist.bootstrap import Services
from kb_assist.indexer.reindex import ReindexResult
from tests.functional.conftest import served_database, services  # noqa: F401
from tests.integrations.fake_zammad import SECRET, TOKEN, FakeZammad, running

INBOUND_SECRET = "inbound-secret"


@pytest.fixture
def zammad() -> Iterator[FakeZammad]:
    with running() as fake:
        yield fake


@pytest.fixture
def connected(
    services: Services,  # noqa: F811
    zammad: FakeZammad,
    build: Callable[..., ReindexResult],
) -> Services:
    build()
    changed = services.settings.model_copy(
        update={
            "inbound_secret": SecretStr(INBOUND_SECRET),
            "zammad_url": zammad.url,
            "zammad_token": SecretStr(TOKEN),
            "zammad_secret": SecretStr(SECRET),
            "public_url": "https://kb.example",
        }
    )
    object.__setattr__(services, "settings", changed)
    return services


@pytest.fixture
def outside(connected: Services) -> FlaskClient:
    """Another system, which has no account."""
    return create_app(connected.settings, connected).test_client()
