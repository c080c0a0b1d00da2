"""Why an article is suggested, in as few words as say it."""

from __future__ import annotations

import pytest

from kb_assist.indexer.analysis import Analyser, CompoundSplitter
from kb_assist.indexer.lexical import LexicalQuery, WordMatcher, lexical_query
from kb_assist.retrieval.explain import _matches, _shared_terms


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


def test_words_that_every_text_has_are_no_reason_in_either_language() -> None:
    """Each is a word like any other where the other language is the article's or the query's."""
    analyser = Analyser(CompoundSplitter({}))
    asked = lexical_query("Outlook öffnet sich not", "und", analyser)
    article = "Outlook öffnet sich im Not-Modus. Do not open Outlook twice."

    found = [hit.group() for hit in _matches(article, "de", WordMatcher(asked, analyser))]

    assert set(found) == {"Outlook", "öffnet"}
