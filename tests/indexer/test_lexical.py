"""The term index: scores of whole articles, and which words a query matches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kb_assist.indexer import lexical
from kb_assist.indexer.analysis import Analyser, CompoundSplitter
from kb_assist.indexer.lexical import (
    LexicalIndex,
    WordMatcher,
    lexical_query,
    open_lexical,
    write_lexical,
)

_ROWS = [
    (0, ["printer", "queue"]),
    (0, ["paper"]),
    (1, ["printer"]),
    (2, ["mailbox", "printer"]),
]


@pytest.fixture
def analyser() -> Analyser:
    return Analyser(CompoundSplitter.learn(["Drucker Warteschlange"] * 3))


@pytest.fixture
def index(tmp_path: Path) -> LexicalIndex:
    write_lexical(_ROWS, tmp_path / "terms")
    return open_lexical(tmp_path / "terms")


def test_rows_of_chosen_articles_score_as_in_a_search(
    index: LexicalIndex, analyser: Analyser
) -> None:
    compiled = index.compile(lexical_query("printer queue", "und", analyser))
    searched = index.search(compiled, 10)

    chosen = index.score(compiled, np.array([0, 2]), 3)

    assert set(chosen) == {0, 3}
    assert chosen == pytest.approx({row: searched[row] for row in chosen})


def test_words_that_stand_in_many_rows_score_as_others_do(
    index: LexicalIndex, analyser: Analyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = lexical_query("printer queue mailbox", "und", analyser)
    everywhere = np.array([0, 1, 2])
    as_usual = index.score(index.compile(asked), everywhere, 4)
    monkeypatch.setattr(lexical, "_OFTEN_ROWS", 1)
    apart = index.compile(asked)
    assert apart is not None
    assert (len(apart.seldom), len(apart.often)) == (2, 1)

    assert index.score(apart, everywhere, 4) == pytest.approx(as_usual)
    assert index.search(apart, 4) == pytest.approx(as_usual)
    assert 1 not in as_usual, "a row without any word has no score"


def test_common_words_find_nothing_where_enough_others_do(
    tmp_path: Path, analyser: Analyser
) -> None:
    rare = ["toner", "spooler", "duplex", "tray"]
    rows = [(at, ["printer", rare[at]] if at < len(rare) else ["printer"]) for at in range(40)]
    write_lexical(rows, tmp_path / "many")
    index = open_lexical(tmp_path / "many")
    asked = lexical_query("printer toner spooler duplex tray", "en", analyser)
    short = lexical_query("printer toner", "en", analyser)

    kept = index.telling(asked)

    assert [group.stems[0] for group in kept.groups] == ["toner", "spooler", "duplex", "tray"]
    assert index.telling(short) is short


def test_no_article_has_no_scores(index: LexicalIndex, analyser: Analyser) -> None:
    compiled = index.compile(lexical_query("printer", "und", analyser))

    assert index.score(compiled, np.zeros(0, dtype=np.int64), 0) == {}


@pytest.mark.parametrize(
    ("query", "word", "language", "matches"),
    [
        ("printers", "printer", "en", True),
        ("Warteschlange", "Druckerwarteschlange", "de", True),
        ("Druckerwarteschlange", "Drucker", "de", True),
        ("printer", "mailbox", "en", False),
        ("the printer", "the", "en", False),
    ],
)
def test_a_word_matches_by_its_form_or_a_part(
    analyser: Analyser, query: str, word: str, language: str, matches: bool
) -> None:
    matcher = WordMatcher(lexical_query(query, language, analyser), analyser)

    assert matcher.matches(word, language) is matches
