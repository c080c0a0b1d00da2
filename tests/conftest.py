"""Fixtures that several areas use."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from kb_assist.auth.passwords import Passwords
from kb_assist.indexer.reindex import ReindexResult, reindex
from kb_assist.settings import Settings
from kb_assist.storage.db import Database, sqlite_url
from tests import databases
from tests.factories import write_articles
from tests.fakes import FakeEmbedder, FrozenClock

# Their tests start browsers, servers and commands, which takes minutes.
_LONG_FOLDERS = frozenset({"browser", "hostile"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, or it would run alone when all else is done."""
    items.sort(key=lambda item: item.path.parent.name not in _LONG_FOLDERS)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("KB_ASSIST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("KB_ASSIST_CONFIG", str(tmp_path / "absent.toml"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A small knowledge base and an empty var."""
    return Settings(articles=write_articles(tmp_path / "articles"), var=tmp_path / "var")


@pytest.fixture
def embedder() -> FakeEmbedder:
    return FakeEmbedder()


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def build(
    settings: Settings, embedder: FakeEmbedder, clock: FrozenClock
) -> Callable[..., ReindexResult]:
    """Index the knowledge base with the fake model; keyword arguments go to ``reindex``."""

    def run(**options: object) -> ReindexResult:
        arguments = {
            "load_model": lambda _: embedder,
            "clock": clock,
            "fingerprint": embedder.identity.fingerprint,
        } | options
        return reindex(settings, **arguments)  # type: ignore[arg-type]

    return run


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An upgraded SQLite file; tests copy it."""
    return databases.sqlite_template(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[URL]:
    """A running PostgreSQL server with one database that tests share, one after the other."""
    try:
        with databases.postgresql_server() as url:
            yield url
    except databases.NoServerError as error:
        pytest.skip(f"PostgreSQL cannot be started: {error}")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[URL]:
    """The address of a database with all tables and no rows."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        yield sqlite_url(Path(shutil.copy(template, tmp_path / "test.db")))
        return
    server: URL = request.getfixturevalue("postgresql_server")
    yield server.set(database=databases.SHARED)
    databases.empty_tables(server)


@pytest.fixture
def database(database_url: URL) -> Iterator[Database]:
    """Every test that asks for it runs twice: on SQLite and on PostgreSQL."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def passwords() -> Passwords:
    """Quick ones; tests make many accounts."""
    return Passwords(time_cost=1, memory_kib=8)
