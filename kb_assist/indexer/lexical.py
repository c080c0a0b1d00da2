"""Term index over chunks and titles; the only door to tantivy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import tantivy

from kb_assist.errors import IndexDamagedError
from kb_assist.indexer.analysis import Analyser, Term
from kb_assist.text import identifiers

_TOKENIZER = "terms"
_PART = "+"
_IDENTIFIER = "#"
# A match through a compound's part says less than a match of the whole word.
PART_WEIGHT = 0.7
_MAX_QUERY_TERMS = 120
_WRITER_BYTES = 64_000_000
_FUZZY_MIN_LETTERS = 5
_FUZZY_TWO_LETTERS = 9
# About a third of what an exact match of a rare word scores.
_FUZZY_WEIGHT = 2.0

# A word in more than a tenth of all rows tells little; four others are enough to find candidates.
_COMMON_SHARE = 0.1
_FEWEST_TELLING = 4

# A word in more rows than these is looked up row by row where only some rows are scored: together
# with others it is gone through from end to end, and a million rows take twice as long.
_OFTEN_ROWS = 10_000
# About 100 bytes each.
_REMEMBERED_WORDS = 50_000

Scores = dict[int, float]
"""Row (as numbered at building) to BM25 score."""


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    """Opaque to everybody else: words of a query, of which one at least must match."""

    seldom: tuple[tantivy.Query, ...]
    often: tuple[tantivy.Query, ...]


@dataclass(frozen=True, slots=True)
class LexicalQuery:
    """A query in index terms. Each group stands for one word of the query."""

    groups: tuple[Term, ...]
    identifiers: tuple[str, ...]

    @property
    def empty(self) -> bool:
        return not self.groups and not self.identifiers


def index_tokens(text: str, language: str, analyser: Analyser) -> list[str]:
    """Everything a text is found by: stems, ``+`` parts of compounds, ``#`` identifiers."""
    tokens: list[str] = []
    for term in analyser.terms(text, language):
        tokens.extend(term.stems)
        tokens.extend(_PART + part for part in term.parts)
    tokens.extend(_IDENTIFIER + _packed(found.key) for found in identifiers(text))
    return tokens


def lexical_query(text: str, language: str, analyser: Analyser) -> LexicalQuery:
    """A text as query terms, each word once, in order, at most ``_MAX_QUERY_TERMS``.

    ``language`` of ``und`` searches both stems, so that loan words match in either language.
    """
    unique: dict[tuple[str, ...], Term] = {}
    for term in analyser.terms(text, language):
        unique.setdefault(term.stems, term)
        if len(unique) >= _MAX_QUERY_TERMS:
            break
    keys = tuple(_packed(found.key) for found in identifiers(text))[:_MAX_QUERY_TERMS]
    return LexicalQuery(tuple(unique.values()), keys)


def write_lexical(rows: Iterable[tuple[int, Sequence[str]]], folder: Path) -> None:
    """Write a term index; row ``n`` holds the n-th pair of article row and token list."""
    folder.mkdir(parents=True)
    index = tantivy.Index(_schema(), path=str(folder))
    _register(index)
    # One thread: with several, equal input would give differently numbered segments.
    writer = index.writer(heap_size=_WRITER_BYTES, num_threads=1)
    for number, (article, tokens) in enumerate(rows):
        document = tantivy.Document()
        document.add_unsigned("row", number)
        document.add_unsigned("article", article)
        document.add_text("terms", " ".join(tokens))
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()


def open_lexical(folder: Path) -> LexicalIndex:
    """Open a term index; raises IndexDamagedError when it is none."""
    try:
        index = tantivy.Index.open(str(folder))
        _register(index)
        return LexicalIndex(index)
    except (ValueError, OSError) as error:
        raise IndexDamagedError(f"{folder.name} is not a readable term index.") from error


class LexicalIndex:
    """Read-only; safe to search from several threads."""

    def __init__(self, index: tantivy.Index) -> None:
        self._schema = index.schema
        self._searcher = index.searcher()
        # Asked four times for each word of a question; looking a word up takes as long as scoring
        # hundreds of rows. What is open never changes.
        self._frequency = lru_cache(maxsize=_REMEMBERED_WORDS)(self._look_up)

    @property
    def count(self) -> int:
        return int(self._searcher.num_docs)

    def compile(self, query: LexicalQuery) -> CompiledQuery | None:
        """A query ready to run on this index or another one; None for a query without terms.

        Worth doing once, because misspelt words are looked up here.
        """
        return None if query.empty else self._build(query)

    def telling(self, query: LexicalQuery) -> LexicalQuery:
        """The query without words that stand in many rows, where enough others remain.

        They cost most of the time and decide least about which rows are worth a look.
        """
        most = _COMMON_SHARE * self.count
        rare = tuple(group for group in query.groups if self._spread(group) <= most)
        enough = len(rare) + len(query.identifiers) >= _FEWEST_TELLING
        return LexicalQuery(rare, query.identifiers) if enough else query

    def search(self, query: CompiledQuery | None, limit: int) -> Scores:
        """The best ``limit`` rows with their scores."""
        if query is None or limit < 1:
            return {}
        return self._run(_any([*query.seldom, *query.often]), limit)

    def score(
        self, query: CompiledQuery | None, articles: npt.NDArray[np.int64], limit: int
    ) -> Scores:
        """Scores of the rows of the given articles; rows that match nothing are left out.

        ``limit`` is how many rows those articles have.
        """
        if query is None or not limit:
            return {}
        # Three times as fast as one query for the whole set, and its score of 0 adds nothing.
        each = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "article", row))
            for row in articles.tolist()
        ]
        found = tantivy.Query.boost_query(tantivy.Query.boolean_query(each), 0.0)
        if query.seldom:
            found = _with(found, _any(query.seldom))
        for word in query.often:
            found = _with(found, word)
        return {row: score for row, score in self._run(found, limit).items() if score}

    def known_share(self, query: LexicalQuery) -> float:
        """Share of the query's words that this index has at all, rare words counting more.

        A word that is missing counts as the rarest possible one. 0 for a query without words.
        """
        total = known = 0.0
        for group in query.groups:
            most = self._spread(group)
            if not most and group.parts:
                most = min(
                    max(self._frequency(part), self._frequency(_PART + part))
                    for part in group.parts
                )
            weight = float(np.log(1 + (self.count - most + 0.5) / (most + 0.5)))
            total += weight
            known += weight if most else 0.0
        return known / total if total else 0.0

    def _spread(self, group: Term) -> int:
        """In how many rows the word stands, in its commonest form."""
        return max(self._frequency(form) for form in _forms(group))

    def _look_up(self, token: str) -> int:
        return int(self._searcher.doc_freq("terms", token))

    def _run(self, query: tantivy.Query, limit: int) -> Scores:
        hits = self._searcher.search(query, limit, count=False).hits
        if not hits:
            return {}
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        found = zip(cast("list[int]", rows), hits, strict=True)
        return {row: float(score) for row, (score, _) in found}

    def _build(self, query: LexicalQuery) -> CompiledQuery:
        often = {group: self._spread(group) > _OFTEN_ROWS for group in query.groups}
        seldom = [self._group(group) for group in query.groups if not often[group]]
        seldom += [self._term(_IDENTIFIER + key) for key in query.identifiers]
        return CompiledQuery(
            tuple(seldom), tuple(self._group(group) for group in query.groups if often[group])
        )

    def _group(self, group: Term) -> tantivy.Query:
        """The best of: the word itself, the word as a part, all parts of the word together."""
        choices = [self._term(form) for form in group.stems]
        choices += [
            tantivy.Query.boost_query(self._term(_PART + form), PART_WEIGHT) for form in group.stems
        ]
        if group.parts:
            together = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, self._part(part)) for part in group.parts]
            )
            weight = PART_WEIGHT / len(group.parts)
            choices.append(tantivy.Query.boost_query(together, weight))
        elif self._is_misspelt(group):
            choices.append(self._alike(group.stems[0]))
        return choices[0] if len(choices) == 1 else tantivy.Query.disjunction_max_query(choices)

    def _is_misspelt(self, group: Term) -> bool:
        """A longer plain word that the knowledge base does not know; identifiers never qualify."""
        word = group.stems[0]
        if len(word) < _FUZZY_MIN_LETTERS or not word.isalpha():
            return False
        return not self._spread(group)

    def _alike(self, word: str) -> tantivy.Query:
        """Words one letter away (two, for long words). Such a match has a constant score of 1."""
        distance = 1 if len(word) < _FUZZY_TWO_LETTERS else 2
        query = tantivy.Query.fuzzy_term_query(self._schema, "terms", word, distance=distance)
        return tantivy.Query.boost_query(query, _FUZZY_WEIGHT)

    def _part(self, part: str) -> tantivy.Query:
        return tantivy.Query.disjunction_max_query([self._term(part), self._term(_PART + part)])

    def _term(self, token: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, "terms", token, index_option="freq")


class WordMatcher:
    """Which words of a text a query finds it by; for highlighting and reasons.

    Made for one query: remembers every word it was asked about.
    """

    def __init__(self, query: LexicalQuery, analyser: Analyser) -> None:
        self._stems = {form for group in query.groups for form in group.stems}
        self._wanted = self._stems.union(*(group.parts for group in query.groups))
        self._analyser = analyser
        self._known: dict[tuple[str, str], bool] = {}

    def matches(self, word: str, language: str) -> bool:
        """Whether the query has this word, a form of it, or a part of it in common."""
        key = (word, language)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._compare(word, language)
        return found

    def stems(self, word: str, language: str) -> tuple[str, ...]:
        """What all forms of a word have in common; () for a stop word."""
        term = self._analyser.term(word, language)
        return term.stems if term else ()

    def _compare(self, word: str, language: str) -> bool:
        term = self._analyser.term(word, language)
        if term is None:
            return False
        if not self._wanted.isdisjoint(term.stems):
            return True
        return not self._stems.isdisjoint(term.parts)


def _any(words: Iterable[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, word) for word in words])


def _with(found: tantivy.Query, word: tantivy.Query) -> tantivy.Query:
    """The same rows, those that have the word scoring more."""
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, found), (tantivy.Occur.Should, word)])


def _forms(group: Term) -> list[str]:
    return [*group.stems, *(_PART + form for form in group.stems)]


def _packed(key: str) -> str:
    """An identifier as one token: paths may contain spaces, which separate tokens here."""
    return "_".join(key.split())


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", stored=False, indexed=False, fast=True)
    builder.add_unsigned_field("article", stored=False, indexed=True, fast=False)
    builder.add_text_field("terms", stored=False, tokenizer_name=_TOKENIZER, index_option="freq")
    return builder.build()


def _register(index: tantivy.Index) -> None:
    analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer(_TOKENIZER, analyzer)
