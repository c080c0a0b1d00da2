"""Text to index terms in German and English: stems, compound parts, stop words."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import Stemmer

from kb_assist.text import fold, words

STOP_WORDS: Mapping[str, frozenset[str]] = {
    "de": frozenset(
        fold(word)
        for word in (
            "der die das des dem den ein eine einer eines einem einen und oder aber doch auch"
            " nicht kein keine keinen keinem keiner ist sind war waren wird werden wurde wurden"
            " worden sein bin bist hat haben habe hatte hatten kann können könnte konnte muss"
            " müssen soll sollte sollen will wollen möchte darf ich du er sie es wir ihr mich mir"
            " dich dir ihn ihm uns euch ihnen mein meine meinen meinem meiner sein seine seinen"
            " ihre ihren ihrem ihrer unser unsere unseren dieser diese dieses diesen diesem jener"
            " welche welcher welches wer was wann wo wie warum wenn weil dass ob als bis seit vor"
            " nach bei mit von vom zu zum zur aus auf an am in im ins um für durch gegen ohne über"
            " unter zwischen während so sehr nur noch schon mehr immer wieder hier da dort dann"
            " also man etwas alle alles andere anderen bitte danke hallo guten tag morgen liebe"
            " lieber sehr geehrte geehrter grüße grüßen freundlichen freundlichem gruß gruss mfg"
            " vielen dank herr frau team kollegen kollege kollegin"
        ).split()
    ),
    "en": frozenset(
        fold(word)
        for word in (
            "a an the and or but nor not no is are was were be been being am do does did done has"
            " have had having can could may might must shall should will would i you he she it we"
            " they me him her us them my your his its our their this that these those who whom"
            " which what when where why how if because as until while of at by for with about"
            " between into through during before after to from up down in out on off over under"
            " again then once here there all any both each more most other some such only own same"
            " so than too very just also please thanks thank hello hi dear regards kind best"
            " sincerely team don't doesn't can't won't isn't i'm it's i've we've"
        ).split()
    ),
}
_ALGORITHMS = {"de": "german", "en": "english"}
_BOTH = ("de", "en")

# A word shorter than this is not worth splitting; a shorter part proves nothing.
MIN_COMPOUND_LETTERS = 8
MIN_PART_LETTERS = 4
_MOST_KNOWN_WORDS = 200_000
_LINKS = ("", "s", "es", "n", "en", "er", "e")

# PyStemmer objects are not safe to share between threads.
_local = threading.local()


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a text in its indexed forms."""

    stems: tuple[str, ...]
    """One stem per language considered, without repetition."""
    parts: tuple[str, ...] = ()
    """Stems of the compound's parts; empty when the word is no known compound."""


@lru_cache(maxsize=200_000)
def stem(folded: str, language: str) -> str:
    """The Snowball stem of a folded word; the word itself for languages without a stemmer."""
    algorithm = _ALGORITHMS.get(language)
    if algorithm is None or any(c.isdigit() for c in folded):
        return folded
    stemmers: dict[str, Stemmer.Stemmer] = getattr(_local, "stemmers", {})
    if algorithm not in stemmers:
        stemmers[algorithm] = Stemmer.Stemmer(algorithm)
        _local.stemmers = stemmers
    return str(stemmers[algorithm].stemWord(folded))


def stems(word: str, language: str) -> tuple[str, ...]:
    """Stems of a word in its language, or in both where the language is unknown."""
    folded = fold(word)
    languages = (language,) if language in _ALGORITHMS else _BOTH
    return tuple(dict.fromkeys(stem(folded, name) for name in languages))


def is_stop_word(word: str, language: str) -> bool:
    """Whether a word carries no meaning in its language (in either, where it is unknown)."""
    folded = fold(word)
    if len(folded) < 2 and not folded.isdigit():
        return True
    if language in STOP_WORDS:
        return folded in STOP_WORDS[language]
    return any(folded in stop_words for stop_words in STOP_WORDS.values())


@dataclass(frozen=True)
class CompoundSplitter:
    """Splits German compounds into parts that the knowledge base itself uses as words.

    ``vocabulary`` maps folded words to their number of occurrences. A split is accepted only when
    its parts, with at most one linking element between them, rebuild the whole word.
    """

    vocabulary: Mapping[str, int]
    _known: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def learn(cls, texts: Iterable[str]) -> CompoundSplitter:
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(fold(word) for word in words(text) if len(word) >= MIN_PART_LETTERS)
        return cls({word: n for word, n in counts.items() if n >= 2 and word.isalpha()})

    def split(self, word: str) -> tuple[str, ...]:
        """Folded parts in order, or an empty tuple when the word is not a known compound."""
        folded = fold(word)
        if len(folded) < MIN_COMPOUND_LETTERS or not folded.isalpha():
            return ()
        if folded not in self._known:
            if len(self._known) > _MOST_KNOWN_WORDS:
                self._known.clear()
            self._known[folded] = self._best(folded, 3) or ()
        return self._known[folded]

    def _best(self, word: str, most_parts: int) -> tuple[str, ...] | None:
        """The split with the fewest and then the most common parts."""
        candidates: list[tuple[str, ...]] = []
        for cut in range(MIN_PART_LETTERS, len(word) - MIN_PART_LETTERS + 1):
            head = word[:cut]
            bare = next(
                (
                    head[: len(head) - len(link)]
                    for link in _LINKS
                    if head.endswith(link) and self._is_word(head[: len(head) - len(link)])
                ),
                None,
            )
            if bare is None:
                continue
            rest = word[cut:]
            if self._is_word(rest):
                candidates.append((bare, rest))
            elif most_parts > 2:
                deeper = self._best(rest, most_parts - 1)
                if deeper:
                    candidates.append((bare, *deeper))
        if not candidates:
            return None
        return min(
            candidates,
            key=lambda parts: (len(parts), -min(self.vocabulary.get(p, 0) for p in parts)),
        )

    def _is_word(self, word: str) -> bool:
        return len(word) >= MIN_PART_LETTERS and word in self.vocabulary


class Analyser:
    """Words to terms for one vocabulary, each word worked out once. Safe to use from threads."""

    def __init__(self, splitter: CompoundSplitter) -> None:
        self._splitter = splitter
        self._known: dict[tuple[str, str], Term | None] = {}

    def term(self, word: str, language: str) -> Term | None:
        """The word's term, None for a stop word. English words are never split."""
        key = (word, language)
        try:
            return self._known[key]
        except KeyError:
            pass
        term = None
        if not is_stop_word(word, language):
            parts = self._splitter.split(word) if language != "en" else ()
            part_stems = tuple(stem(part, "de") for part in parts)
            term = Term(stems(word, language), part_stems)
        # Bounded: tickets bring ever new words.
        if len(self._known) > _MOST_KNOWN_WORDS:
            self._known.clear()
        self._known[key] = term
        return term

    def terms(self, text: str, language: str) -> list[Term]:
        """Terms of a text in order, stop words left out."""
        found = (self.term(word, language) for word in words(text))
        return [term for term in found if term is not None]
