"""A ticket's words as the terms that full-text search stores and looks for."""

from __future__ import annotations

import re
from functools import lru_cache

from kb_assist.indexer.analysis import is_stop_word, stems
from kb_assist.text import Identifier, fold, identifiers, words

_NOT_A_TERM = re.compile(r"[^\w]|_")
# Longer texts are logs; their first part says what they are about.
_MOST_CHARACTERS = 20_000
_LONGEST_TERM = 40


def stored_terms(text: str, language: str) -> list[str]:
    """Folded words, their stems and whole identifiers, in order, with repetition."""
    found: list[str] = []
    shortened = text[:_MOST_CHARACTERS]
    for word in words(shortened):
        found += _forms(word, language)
    return found + _composites(shortened)


def searched_words(text: str) -> list[tuple[str, ...]]:
    """What a person typed: per word its folded form, which may be a beginning, then its stems."""
    found = [_forms(word, "") for word in words(text[:_MOST_CHARACTERS])]
    return list(dict.fromkeys(forms for forms in found if forms))


def telling_terms(text: str, language: str) -> list[str]:
    """Terms that a similar ticket would share: stems and identifiers, no stop words, each once."""
    return list(telling_words(text, language))


def telling_words(text: str, language: str) -> dict[str, str]:
    """The telling terms, each with the word or identifier it stands for as first written."""
    shortened = text[:_MOST_CHARACTERS]
    found: dict[str, str] = {}
    for word in words(shortened):
        if not is_stop_word(word, language):
            for term in _clean(stems(word, language)):
                found.setdefault(term, word)
    for identifier in _found_composites(shortened):
        found.setdefault(_as_term(identifier.key), identifier.text)
    return found


# Imports meet the same words again and again.
@lru_cache(maxsize=200_000)
def _forms(word: str, language: str) -> tuple[str, ...]:
    return _clean((fold(word), *stems(word, language)))


def _clean(forms: tuple[str, ...]) -> tuple[str, ...]:
    """Each form once."""
    cleaned = (_NOT_A_TERM.sub("", form)[:_LONGEST_TERM] for form in forms)
    return tuple(dict.fromkeys(term for term in cleaned if term))


# Looking for identifiers costs a millisecond a page; most words cannot be a composite one.
_MAYBE_COMPOSITE = re.compile(r"\S*\w[^\w\s]\w\S*")


def _composites(text: str) -> list[str]:
    return [_as_term(identifier.key) for identifier in _found_composites(text)]


def _found_composites(text: str) -> list[Identifier]:
    likely = "\n".join(_MAYBE_COMPOSITE.findall(text))
    return [identifier for identifier in identifiers(likely) if _is_composite(identifier.key)]


def _is_composite(key: str) -> bool:
    """Whether splitting it into words would lose it: ``5.2.2``, ``nb-0377``."""
    return _NOT_A_TERM.search(key) is not None and len(key) <= _LONGEST_TERM


def _as_term(key: str) -> str:
    """Marked, so that ``5.2.2`` is not the number 522."""
    return "q" + _NOT_A_TERM.sub("", fold(key))
