"""An application over the small knowledge base, with the fake model."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.engine import URL

from kb_assist.app import create_app
from kb_assist.auth import sessions, store
from kb_assist.auth.accounts import NewAccount, create
from kb_assist.auth.model import Role, User
from kb_assist.auth.passwords import Passwords
from kb_assist.bootstrap import Services
from kb_assist.engine import Engine
from kb_assist.gaps.remarks_store import ReportLog
from kb_assist.indexer.reindex import reindex
from kb_assist.settings import Settings
from kb_assist.storage.db import Database, sqlite_url
from tests import databases
from tests.factories import write_articles
from tests.fakes import FakeEmbedder, FrozenClock

SignInAs = Callable[..., FlaskClient]
PASSWORD = "correct horse battery"


@contextmanager
def sqlite_database(template: Path, settings: Settings) -> Iterator[Database]:
    """A new SQLite database where the settings say it is."""
    settings.var.mkdir()
    opened = Database(sqlite_url(Path(shutil.copy(template, settings.database_file))))
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def served_database(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Database]:
    """Every test of the server runs twice: on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        with sqlite_database(request.getfixturevalue("sqlite_template"), settings) as opened:
            yield opened
        return
    server: URL = request.getfixturevalue("postgresql_server")
    opened = Database(server.set(database=databases.SHARED))
    yield opened
    opened.close()
    databases.empty_tables(server)


@pytest.fixture
def services(
    settings: Settings,
    embedder: FakeEmbedder,
    clock: FrozenClock,
    served_database: Database,
    passwords: Passwords,
) -> Services:
    engine = Engine(settings, lambda: embedder)
    reports = ReportLog(served_database)
    return Services(settings, clock, engine, reports, served_database, passwords)


@pytest.fixture
def app(settings: Settings, services: Services) -> Any:
    made = create_app(settings, services)
    made.config.update(WTF_CSRF_ENABLED=False)
    return made


@pytest.fixture
def sign_in_as(app: Any, services: Services) -> SignInAs:
    """A client of a new person with this role; the way through the form has tests of its own."""

    def sign_in(role: Role, login: str = "") -> FlaskClient:
        client: FlaskClient = app.test_client()
        sign_in_client(client, services, role, login=login)
        return client

    return sign_in


@pytest.fixture(scope="session")
def small_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of the small knowledge base, built once; tests copy it."""
    root = tmp_path_factory.mktemp("index")
    made = Settings(articles=write_articles(root / "articles"), var=root / "var")
    embedder = FakeEmbedder()
    reindex(
        made,
        load_model=lambda _: embedder,
        clock=FrozenClock(),
        fingerprint=embedder.identity.fingerprint,
    )
    return made.index_dir


@pytest.fixture
def indexed(settings: Settings, small_index: Path) -> None:
    """The small knowledge base is indexed."""
    shutil.copytree(small_index, settings.index_dir)


@pytest.fixture
def anonymous(app: Any, indexed: None) -> FlaskClient:
    """Nobody has signed in; the index is there."""
    return app.test_client()  # type: ignore[no-any-return]


@pytest.fixture
def client(sign_in_as: SignInAs, indexed: None) -> FlaskClient:
    """A second-level agent, signed in."""
    return sign_in_as(Role.L2_AGENT)


def sign_in_client(client: FlaskClient, services: Services, role: Role, *, login: str = "") -> User:
    """Create a person (or take the one of this login) and put a session into the cookie."""
    name = login or f"some.{role.value}"
    at = services.clock.now()
    with services.database.write() as connection:
        user = store.user_by_login(connection, name)
        if user is None:
            new = NewAccount(name, "Lena Beispiel", role, password=PASSWORD)
            user = create(connection, services.passwords, new, at=at)  # type: ignore[assignment]
        assert isinstance(user, User)
        key = sessions.start(connection, user.id, at=at)
    with client.session_transaction() as session:
        session["_user_id"] = key
    return user
