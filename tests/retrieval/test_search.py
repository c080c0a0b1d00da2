"""From a question to ranked, explained suggestions."""

from __future__ import annotations

import gc
from collections.abc import Callable

import numpy as np
import pytest

from kb_assist.articles.model import Audience
from kb_assist.engine import Engine
from kb_assist.errors import ModelUnavailableError
from kb_assist.indexer.reindex import ReindexResult
from kb_assist.retrieval.model import Mode, Strength
from kb_assist.retrieval.query import typed_query
from kb_assist.retrieval.search import MODEL_UNAVAILABLE, Searcher
from kb_assist.settings import Settings
from tests.factories import write_article
from tests.fakes import FakeEmbedder


@pytest.fixture
def engine(
    build: Callable[..., ReindexResult], settings: Settings, embedder: FakeEmbedder
) -> Engine:
    build()
    return Engine(settings, lambda: embedder)


@pytest.fixture
def searcher(engine: Engine) -> Searcher:
    return engine.searcher()


def test_whoever_asks_first_does_not_wait_for_loading(
    engine: Engine, embedder: FakeEmbedder
) -> None:
    before = len(embedder.queries)
    engine.load()

    assert len(embedder.queries) == before + 1


def test_requests_do_not_wait_for_a_look_through_the_loaded_model(engine: Engine) -> None:
    gc.unfreeze()
    try:
        engine.load()
        kept, index = gc.get_freeze_count(), engine.searcher().snapshot
        assert kept > 0
        assert any(one is index for one in gc.get_objects()), "an older index can still be freed"
    finally:
        gc.unfreeze()


def test_an_error_code_finds_its_article_first(searcher: Searcher) -> None:
    answer = searcher.search("error 809")

    assert answer.suggestions[0].article.id == "KB-3"
    assert "809" in answer.suggestions[0].shared_identifiers


def test_words_that_no_article_knows_are_no_answer_however_near_a_vector_is(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    always = (Strength.POSSIBLE, 0.5, 0.6)
    monkeypatch.setattr(searcher, "_confidence", lambda *_, **__: always)

    assert searcher.search("qwertz asdf hjkl").strength is Strength.NONE
    assert searcher.search("qwertz asdf vpn").strength is Strength.POSSIBLE
    assert searcher.search("qwertz asdf mailbix").strength is Strength.POSSIBLE, "misspelt"


def test_titles_that_name_the_error_code_are_known_in_any_language(searcher: Searcher) -> None:
    query = typed_query("Beim Kunden meldet das VPN Fehler 809")

    found = searcher.rank(query, searcher.embed(query)).candidates

    named = {searcher.snapshot.article_at(int(row)).id for row in found.rows[found.scores.named]}
    assert named == {"KB-3"}


def test_questions_find_articles_in_the_other_language(searcher: Searcher) -> None:
    german = searcher.search("Kennwort").suggestions[0]
    english = searcher.search("printer").suggestions[0]

    assert german.article.id in {"KB-5", "KB-6"}
    assert english.article.id == "KB-4"


def test_umlauts_and_their_spellings_are_equal(searcher: Searcher) -> None:
    spellings = ("Druckauftrag hängt", "Druckauftrag haengt", "DRUCKAUFTRAG HÄNGT")
    found = {searcher.search(words).suggestions[0].article.id for words in spellings}

    assert found == {"KB-4"}


def test_translations_are_one_suggestion_in_the_readers_language(searcher: Searcher) -> None:
    german = searcher.search("Postfach voll 5.2.2", reader_language="de").suggestions
    english = searcher.search("Postfach voll 5.2.2", reader_language="en").suggestions

    assert german[0].article.id == "KB-2"
    assert english[0].article.id == "KB-1"
    assert [a.id for a in english[0].alternatives] == ["KB-2"]
    assert "KB-2" not in [s.article.id for s in english]


def test_articles_beyond_the_readers_audience_do_not_exist(searcher: Searcher) -> None:
    def found(audience: Audience) -> set[str]:
        answer = searcher.search("password event 4740 mail", audience=audience, limit=50)
        return {s.article.id for s in answer.suggestions}

    assert "KB-5" in found(Audience.L2)
    assert "KB-5" not in found(Audience.L1)
    assert found(Audience.CUSTOMER) == {"KB-6"}


def test_restricted_titles_do_not_leak_as_alternatives(
    build: Callable[..., ReindexResult], settings: Settings, embedder: FakeEmbedder
) -> None:
    write_article(
        settings.articles,
        "customer/phishing.de.md",
        "id: KB-8\ntitle: Intern: Phishing\nlanguage: de\naudience: l2\ntranslation_of: KB-6",
        "## Problem\n\nIntern.\n",
    )
    build()
    searcher = Engine(settings, lambda: embedder).searcher()

    answer = searcher.search("suspicious mail", audience=Audience.CUSTOMER)

    assert answer.suggestions[0].article.id == "KB-6"
    assert answer.suggestions[0].alternatives == ()


def test_the_passage_marks_what_both_share(searcher: Searcher) -> None:
    answer = searcher.search("mailbox full 5.2.2", reader_language="en")
    passage = answer.suggestions[0].passage
    marked = {run.text for run in passage.runs if run.hit}

    assert "mailbox" in marked
    assert any("5.2.2" in text for text in marked)
    assert passage.anchor


def test_an_empty_query_is_an_empty_answer(searcher: Searcher) -> None:
    answer = searcher.search("   ")

    assert answer.strength is Strength.NONE
    assert answer.suggestions == ()


def test_without_a_model_words_are_searched_and_it_is_said(
    build: Callable[..., ReindexResult], settings: Settings
) -> None:
    build()

    def fail() -> FakeEmbedder:
        raise ModelUnavailableError("gone")

    engine = Engine(settings, fail)
    answer = engine.searcher().search("Druckerwarteschlange")

    assert answer.mode is Mode.LEXICAL
    assert answer.notice == MODEL_UNAVAILABLE
    assert answer.suggestions[0].article.id == "KB-4"
    assert answer.strength is not Strength.STRONG
    assert engine.model_fault is not None


def test_an_index_of_another_model_is_searched_by_words_only(
    build: Callable[..., ReindexResult], settings: Settings
) -> None:
    build()
    engine = Engine(settings, lambda: FakeEmbedder(fingerprint="other"))

    assert engine.searcher().mode is Mode.LEXICAL
    assert engine.model_fault is not None
    assert "kb-assist index" in engine.model_fault.remedy


def test_a_new_index_is_served_without_restart(
    build: Callable[..., ReindexResult], engine: Engine, settings: Settings
) -> None:
    before = engine.searcher()
    write_article(settings.articles, "new.md", "id: KB-9\ntitle: Scanner", "Flux capacitor.\n")
    build()

    assert engine.searcher().search("flux capacitor").suggestions[0].article.id == "KB-9"
    assert before.search("error 809").suggestions[0].article.id == "KB-3"


def test_a_damaged_new_index_leaves_the_old_one_serving(
    build: Callable[..., ReindexResult], engine: Engine, settings: Settings
) -> None:
    engine.searcher()
    write_article(settings.articles, "new.md", "title: New", "Text.\n")
    name = build().report.index
    (settings.index_dir / name / "texts.sqlite").write_bytes(b"not a database")

    assert engine.searcher().search("error 809").suggestions[0].article.id == "KB-3"
    assert engine.index_fault is not None


def test_a_ticket_moves_the_query_centre_and_a_repeat_does_not(searcher: Searcher) -> None:
    searcher.suggest("The scanner shows a blank page since the update")
    searcher.suggest("The scanner shows a blank page since the update")

    assert searcher.centre.observed == 1


def test_a_typed_search_does_not_move_the_query_centre(searcher: Searcher) -> None:
    searcher.search("scanner")

    assert searcher.centre.observed == 0


def test_timings_cover_every_phase(searcher: Searcher) -> None:
    times = searcher.suggest("error 809").timings

    assert times.total == pytest.approx(times.clean + times.embed + times.search + times.explain)


def test_an_article_is_compared_by_the_mean_of_its_passages(searcher: Searcher) -> None:
    query = typed_query("mailbox quota")
    raw = searcher.embed(query)
    assert raw is not None
    vector = searcher.placed(raw, query.language)
    snapshot = searcher.snapshot
    assert snapshot.chunk_vectors is not None

    found = searcher.rank(query, raw).candidates

    for at, row in enumerate(found.rows):
        start, end = snapshot.arrays.starts[row : row + 2]
        mean = snapshot.chunk_vectors.rows(np.arange(start, end)).mean(axis=0)
        expected = float(mean @ vector / np.linalg.norm(mean))
        assert found.scores.article[at] == pytest.approx(expected, abs=1e-5)
