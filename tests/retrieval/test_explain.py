"""Why an article is suggested, in as few words as say it."""

from __future__ import annotations

import pytest

from kb_assist.indexer.analysis import Analyser, CompoundSplitter
from kb_assist.indexer.lexical import LexicalQuery, WordMatcher
from kb_assist.retrieval.explain import _shared_terms


@pytest.mark.parametrize(
    ("hits", "shown"),
    [
        (["Update", "Updates", "Sicherheitsupdates"], ("Sicherheitsupdates", "Update")),
        (["senden", "Senden", "sende"], ("senden",)),
        (["Rolle", "Rollo"], ("Rolle", "Rollo")),
        (["Fehler", "Fehlercode"], ("Fehlercode", "Fehler")),
    ],
)
def test_a_word_is_shown_once_whatever_its_ending(hits: list[str], shown: tuple[str, ...]) -> None:
    matcher = WordMatcher(LexicalQuery((), ()), Analyser(CompoundSplitter({})))

    assert _shared_terms(hits, (), "de", matcher) == shown
