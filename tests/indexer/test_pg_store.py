"""Published indexes in PostgreSQL: several nodes, one builder, one committed row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from kb_assist.articles.model import Audience
from kb_assist.engine import Engine
from kb_assist.errors import (
    BuildBusyError,
    IndexUnavailableError,
    KbError,
    VectorsUnavailableError,
)
from kb_assist.indexer.pg_store import PgStore
from kb_assist.indexer.pgvector import PgVectors, build_engine, search_engine, vector_table
from kb_assist.indexer.pgvector import write_table as write_vector_table
from kb_assist.indexer.publish import open_current
from kb_assist.indexer.reindex import ReindexResult, reindex
from kb_assist.indexer.space import unit
from kb_assist.retrieval.model import Mode
from kb_assist.retrieval.parameters import load_parameters
from kb_assist.retrieval.search import Searcher
from kb_assist.settings import Settings
from tests import databases
from tests.factories import write_article
from tests.fakes import FakeEmbedder

Build = Callable[..., ReindexResult]
_QUERIES = ("error 809", "Kennwort", "Druckauftrag hängt", "Postfach voll 5.2.2", "event 4740")


@pytest.fixture
def address(postgresql_server: URL) -> Iterator[str]:
    url = postgresql_server.set(database=databases.SHARED)
    yield url.render_as_string(hide_password=False)
    databases.execute(
        postgresql_server, "DROP SCHEMA IF EXISTS kb_index CASCADE", database=databases.SHARED
    )


@pytest.fixture
def node(address: str, tmp_path: Path) -> Iterator[Callable[[str], PgStore]]:
    """A store as another machine would open it: same database, own folder."""
    opened: list[PgStore] = []

    def make(name: str) -> PgStore:
        opened.append(PgStore(address, tmp_path / name))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def first(node: Callable[[str], PgStore]) -> PgStore:
    return node("first")


def test_before_the_first_build_there_is_no_index(first: PgStore) -> None:
    assert first.current() is None
    with pytest.raises(IndexUnavailableError):
        first.open()


def test_another_node_serves_what_one_node_built(
    build: Build, node: Callable[[str], PgStore], embedder: FakeEmbedder, tmp_path: Path
) -> None:
    built = build(store=node("first")).report

    other = node("second")
    searcher = Searcher(other.open(), embedder, load_parameters())

    assert searcher.snapshot.generation == built.index == other.current()
    assert searcher.search("error 809").suggestions[0].article.id == "KB-3"
    assert not list((tmp_path / "second").rglob("*.faiss"))


def test_suggestions_and_explanations_are_those_of_the_files(
    build: Build, first: PgStore, settings: Settings, embedder: FakeEmbedder
) -> None:
    build()
    build(store=first)
    files = Searcher(open_current(settings.index_dir), embedder, load_parameters())
    shared = Searcher(first.open(), embedder, load_parameters())

    for words in _QUERIES:
        for audience in (Audience.CUSTOMER, Audience.L1, Audience.L2):
            expected = files.search(words, audience=audience).suggestions
            found = shared.search(words, audience=audience).suggestions
            assert [s.article.id for s in found] == [s.article.id for s in expected]
            assert [s.passage for s in found] == [s.passage for s in expected]
            assert [s.shared_terms for s in found] == [s.shared_terms for s in expected]


def test_no_node_embeds_what_another_one_has(
    build: Build,
    node: Callable[[str], PgStore],
    settings: Settings,
    embedder: FakeEmbedder,
    tmp_path: Path,
) -> None:
    first = build(store=node("first")).report
    elsewhere = settings.model_copy(update={"var": tmp_path / "elsewhere"})
    write_article(settings.articles, "new.md", "title: New", "Text.\n")
    embedder.passages.clear()
    second = reindex(
        elsewhere,
        load_model=lambda _: embedder,
        fingerprint=embedder.identity.fingerprint,
        store=node("second"),
    ).report

    assert first.embedded == first.chunks
    assert (second.embedded, second.chunks) == (1, first.chunks + 1)
    assert len(embedder.passages) == 1
    assert not (elsewhere.cache_dir / "embeddings.sqlite").exists()


def test_an_unchanged_folder_is_not_built_again(build: Build, first: PgStore) -> None:
    build(store=first)

    assert not build(store=first).report.changed


def test_a_new_index_is_served_by_a_running_engine(
    build: Build, node: Callable[[str], PgStore], settings: Settings, embedder: FakeEmbedder
) -> None:
    build(store=node("first"))
    engine = Engine(settings, lambda: embedder)
    engine.store = node("second")
    assert engine.searcher().search("Toner leer").suggestions[0].article.id != "KB-9"
    write_article(settings.articles, "toner.md", "id: KB-9\ntitle: Toner leer", "## Problem\n\nx\n")

    built = build(store=node("first"), wait_seconds=1).report
    engine.store = node("third")

    assert engine.searcher().snapshot.generation == built.index
    assert engine.searcher().search("Toner leer").suggestions[0].article.id == "KB-9"


def test_a_second_builder_is_refused_until_the_first_is_gone(
    node: Callable[[str], PgStore],
) -> None:
    with node("first").lock(), pytest.raises(BuildBusyError), node("second").lock():
        pass
    with node("second").lock():
        pass


def test_a_killed_build_leaves_nothing_behind(
    build: Build, node: Callable[[str], PgStore], address: str
) -> None:
    kept = build(store=node("first")).report.index
    dying = node("second")
    with dying.lock():
        _, write = dying.stage("20300101")
        write("chunks", np.eye(3, dtype=np.float32), np.zeros(3, np.uint8), exact=True)
    assert "chunks_20300101" in _tables(address)

    with node("third").lock():
        pass

    assert "chunks_20300101" not in _tables(address)
    assert node("third").current() == kept


def test_old_indexes_go_and_rollback_serves_the_one_before(
    build: Build, first: PgStore, settings: Settings, address: str
) -> None:
    built = []
    for number in range(4):
        write_article(settings.articles, "new.md", "id: KB-8\ntitle: New", f"Text {number}\n")
        built.append(build(store=first).report.index)

    assert first.generations() == built[-settings.keep_indexes :]
    assert f"chunks_{built[0]}" not in _tables(address)
    assert first.rollback() == built[-2]
    assert first.current() == built[-2]


def test_without_the_database_search_goes_on_by_words(
    build: Build, node: Callable[[str], PgStore], embedder: FakeEmbedder, address: str
) -> None:
    build(store=node("first"))
    searcher = Searcher(node("second").open(), embedder, load_parameters())
    assert searcher.search("error 809").mode is Mode.HYBRID
    with _connected(address) as connection:
        connection.execute(text("DROP SCHEMA kb_index CASCADE"))

    answer = searcher.search("error 809")

    assert answer.mode is Mode.LEXICAL
    assert answer.notice
    assert answer.suggestions[0].article.id == "KB-3"


def test_a_restarted_server_is_asked_again(
    build: Build, first: PgStore, embedder: FakeEmbedder, address: str
) -> None:
    build(store=first)
    searcher = Searcher(first.open(), embedder, load_parameters())
    searcher.search("error 809")
    with _connected(address) as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )

    assert searcher.search("error 809").mode is Mode.HYBRID


def test_an_unreachable_server_is_said_without_its_address(tmp_path: Path) -> None:
    store = PgStore("postgresql://somebody:secret@127.0.0.1:1/none", tmp_path)

    with pytest.raises(VectorsUnavailableError) as caught:
        store.generations()

    assert "secret" not in caught.value.message
    with pytest.raises(KbError), store.lock():
        pass


@pytest.mark.parametrize("exact_rows", [1_000_000, 10])
def test_vectors_come_back_and_filters_find_enough(address: str, exact_rows: int) -> None:
    rng = np.random.default_rng(3)
    vectors = unit(rng.standard_normal((600, 32)).astype(np.float32))
    audience = (np.arange(600) % 10).astype(np.uint8)
    table = vector_table("kb_index", "chunks_1", 32)
    with _connected(address) as connection:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
        connection.execute(text("CREATE SCHEMA kb_index"))
        write_vector_table(connection, table, vectors, audience, exact_rows=exact_rows)
    engine = search_engine(address)
    stored = PgVectors(engine, table, 600, 32)
    query = vectors[17]

    scores, rows = stored.search(query, 40, audience=0)
    nearest = np.argsort(-(vectors @ query), kind="stable")
    expected = [row for row in nearest if audience[row] == 0][:40]

    assert len(rows) == 40
    assert len(set(rows.tolist()) & set(expected)) >= 38
    assert scores == pytest.approx(vectors[rows] @ query, abs=2e-3)
    some = np.array([5, 599, 0])
    assert stored.cosines(query, some) == pytest.approx(vectors[some] @ query, abs=2e-3)
    assert stored.rows(some) == pytest.approx(vectors[some], abs=1e-3)
    assert stored.search(query, 3)[1][0] == 17
    with engine.connect() as connection:
        # From the eleventh time on the server would take one plan for any number of rows.
        assert connection.execute(text("SHOW plan_cache_mode")).scalar() == "force_custom_plan"
    engine.dispose()


@contextmanager
def _connected(address: str) -> Iterator[Connection]:
    engine = build_engine(address)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def _tables(address: str) -> set[str]:
    with _connected(address) as connection:
        found = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'kb_index'")
        )
        return set(found.scalars())
