"""How the part of a suggestion after the embedding grows with the knowledge base.

Texts are random words of the articles in their natural frequency. Vectors are mixtures of
neighbouring real ones of the published index, with noise: random directions would have no
neighbourhoods, which no text collection looks like. Everything from the ticket's terms to the
explained suggestions is the real code over a real index; only the model is left out.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kb_assist.articles.library import Library, load_library
from kb_assist.articles.model import Article, Chunk
from kb_assist.indexer.assemble import FolderWriter, TextVectors, write_files
from kb_assist.indexer.embedding.embedder import ModelIdentity, Vectors
from kb_assist.indexer.publish import open_current
from kb_assist.indexer.snapshot import (
    FORMAT,
    Layout,
    Manifest,
    Snapshot,
    open_snapshot,
    write_manifest,
)
from kb_assist.indexer.space import unit
from kb_assist.indexer.vector_store import Rows, VectorStore, VectorWriter
from kb_assist.retrieval.parameters import load_parameters
from kb_assist.retrieval.query import clean_query
from kb_assist.retrieval.search import Searcher
from kb_assist.text import UNKNOWN_LANGUAGE

_DIMENSION = 384
_CHUNKS_PER_ARTICLE = 4
_WORDS_PER_CHUNK = 40
_WORDS_PER_TICKET = 25
_TICKETS = 200
# A vector is mixed of a real one and two of its nearest; noise is relative to the mixture.
_NEAREST = 20
_NOISE = 0.5
# Standard deviation by direction. Of whitened vectors of 3,478 real chunks the first ten of 384
# directions hold 17 % of the variance, the first hundred 66 %; here 16 % and 66 %.
_SPECTRUM = (np.arange(1, _DIMENSION + 1) ** -0.25).astype(np.float32)


class NearReal:
    """Draws vectors that lie among real ones."""

    def __init__(self, real: Vectors) -> None:
        """``real`` has at least ``_NEAREST`` + 1 rows of length 1."""
        self._real = real
        alike = real @ real.T
        np.fill_diagonal(alike, -1)
        self._nearest = np.argsort(-alike, axis=1)[:, :_NEAREST]

    @property
    def count(self) -> int:
        return len(self._real)

    def draw(self, rng: np.random.Generator, rows: Rows) -> Vectors:
        """One vector near each of the given real ones."""
        near = self._nearest[rows[:, None], rng.integers(0, _NEAREST, (len(rows), 2))]
        shares = rng.dirichlet([1, 1, 1], len(rows)).astype(np.float32)
        mixed = shares[:, :1] * self._real[rows]
        for at in (0, 1):
            mixed += shares[:, at + 1 : at + 2] * self._real[near[:, at]]
        noise = unit(rng.standard_normal(mixed.shape).astype(np.float32) * _SPECTRUM)
        return unit(unit(mixed) + _NOISE * noise)

    def draw_any(self, rng: np.random.Generator, count: int) -> Vectors:
        return self.draw(rng, rng.integers(0, self.count, count))


def real_vectors(index_dir: Path) -> NearReal:
    """The chunk vectors of the published index; raises KbError when there is none."""
    vectors = open_current(index_dir).chunk_vectors
    assert vectors is not None
    return NearReal(vectors.rows(np.arange(vectors.count)))


def measure(
    articles: Path, near: NearReal, sizes: list[int], exact_limit: int
) -> list[dict[str, Any]]:
    """One row per size: milliseconds after the embedding, and recall of the vector search."""
    vocabulary = vocabulary_of(articles)
    rows: list[dict[str, Any]] = []
    for size in sizes:
        rows.append(_at(size, vocabulary, near, exact=size <= exact_limit))
        # The large ones take long: what is known is not lost with them.
        print(json.dumps(rows[-1]), file=sys.stderr)
    return rows


def threshold(near: NearReal, sizes: list[int]) -> list[dict[str, Any]]:
    """Exact search and HNSW on the same vectors, for choosing where to change over."""
    return [_both(size, near) for size in sizes]


def vocabulary_of(articles: Path) -> tuple[list[str], np.ndarray[Any, np.dtype[np.float64]]]:
    """The words of a knowledge base, each with its share of the text."""
    found = Counter(
        word
        for article in load_library(articles).articles
        for word in re.findall(r"[^\W\d_]{2,}", article.body)
    )
    counts = np.array(list(found.values()), dtype=np.float64)
    return list(found), counts / counts.sum()


def _at(size: int, vocabulary: Any, near: NearReal, *, exact: bool) -> dict[str, Any]:
    rng = np.random.default_rng(size)
    made = corpus(rng, size, vocabulary, near)
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout(Path(folder))
        started = time.perf_counter()
        write_corpus(layout, made, exact=exact, write=FolderWriter(layout))
        built = time.perf_counter() - started
        tickets = draw_tickets(rng, vocabulary, near)
        asked = ask(open_snapshot(layout.folder), tickets)
    return {
        "chunks": size,
        "articles": len(made.library.articles),
        "vectors": "exact" if exact else "hnsw",
        **asked,
        "write_seconds": round(built, 1),
    }


@dataclass(frozen=True, slots=True)
class Corpus:
    """A knowledge base that nobody wrote."""

    library: Library
    chunks: list[Chunk]
    vectors: TextVectors


@dataclass(frozen=True, slots=True)
class Tickets:
    """One text and one raw vector each."""

    texts: list[str]
    vectors: Vectors


def corpus(rng: np.random.Generator, size: int, vocabulary: Any, near: NearReal) -> Corpus:
    """``size`` chunks, four to an article; an article's vectors lie near one real vector."""
    library, chunks = _library(rng, size, vocabulary)
    topics = rng.integers(0, near.count, len(library.articles))
    nowhere = np.zeros((1, _DIMENSION), np.float32)
    vectors = TextVectors(
        chunks=near.draw(rng, np.repeat(topics, _CHUNKS_PER_ARTICLE)),
        titles=near.draw(rng, topics),
        typical={"de": nowhere, "en": nowhere},
    )
    return Corpus(library, chunks, vectors)


def draw_tickets(rng: np.random.Generator, vocabulary: Any, near: NearReal) -> Tickets:
    """Questions like the knowledge base."""
    vectors = near.draw_any(rng, _TICKETS)
    words = _words(rng, vocabulary, _TICKETS, _WORDS_PER_TICKET)
    return Tickets([" ".join(ticket) for ticket in words], vectors)


def ask(snapshot: Snapshot, tickets: Tickets, every: Vectors | None = None) -> dict[str, Any]:
    """Milliseconds of everything after the embedding, and the recall of the vector search.

    ``every``: the vectors of all rows, where the snapshot's own store is slow to read whole.
    """
    searcher = Searcher(snapshot, _NoModel(snapshot.manifest.model), load_parameters())
    pairs = list(zip(tickets.texts, tickets.vectors, strict=True))
    # The first half fills the caches, as the first minute of a server does.
    times = [_suggest(searcher, text, vector) for text, vector in pairs][len(pairs) // 2 :]
    placed = np.stack([searcher.placed(vector, UNKNOWN_LANGUAGE) for vector in tickets.vectors])
    p50, p95 = np.percentile(times, [50, 95])
    return {
        "after_embedding_p50_ms": round(float(p50), 2),
        "after_embedding_p95_ms": round(float(p95), 2),
        "recall_at_10": _recall(snapshot.chunk_vectors, placed, every),
    }


def _library(rng: np.random.Generator, size: int, vocabulary: Any) -> tuple[Library, list[Chunk]]:
    articles: list[Article] = []
    chunks: list[Chunk] = []
    texts = _words(rng, vocabulary, size, _WORDS_PER_CHUNK)
    for number in range(size // _CHUNKS_PER_ARTICLE):
        name = f"a{number}"
        own = [" ".join(next(texts)) for _ in range(_CHUNKS_PER_ARTICLE)]
        title = " ".join(own[0].split()[:6])
        articles.append(
            Article(name, f"{name}.md", title, "de" if number % 2 else "en", title, 1, name)
        )
        for at, text in enumerate(own):
            chunks.append(Chunk(f"{name}-{at}", name, at, (), "", text, f"{title}\n{text}", 1))
    return Library(Path(), tuple(articles), ()), chunks


def _words(
    rng: np.random.Generator, vocabulary: Any, texts: int, length: int
) -> Iterator[list[str]]:
    words, shares = vocabulary
    for start in range(0, texts, 10_000):
        count = min(10_000, texts - start)
        for row in rng.choice(len(words), size=(count, length), p=shares):
            yield [words[at] for at in row]


def write_corpus(layout: Layout, made: Corpus, *, exact: bool, write: VectorWriter) -> None:
    """Write a whole index into the empty folder of ``layout``."""
    write_files(layout, made.library, made.chunks, made.vectors, exact=exact, write=write)
    manifest = Manifest(
        format=FORMAT,
        created="",
        library_digest="",
        articles=len(made.library.articles),
        chunks=len(made.chunks),
        languages=("de", "en"),
        model=ModelIdentity("random", "random", _DIMENSION, "", "", 512),
        exact=exact,
    )
    write_manifest(layout, manifest)


class _NoModel:
    """Vectors come from the benchmark."""

    def __init__(self, identity: ModelIdentity | None) -> None:
        assert identity is not None
        self.identity = identity

    def encode_passages(self, texts: Any) -> Vectors:
        raise AssertionError("nothing is embedded here")

    encode_queries = encode_passages

    def count_tokens(self, texts: Any) -> list[int]:
        raise AssertionError("nothing is cut here")


def _suggest(searcher: Searcher, text: str, vector: Vectors) -> float:
    """Milliseconds for everything but the embedding."""
    started = time.perf_counter()
    searcher.explain(searcher.rank(clean_query(text), vector))
    return (time.perf_counter() - started) * 1000


def _recall(index: VectorStore | None, asked: Vectors, every: Vectors | None = None) -> float:
    """Share of the true ten nearest that the index finds."""
    assert index is not None
    every = index.rows(np.arange(index.count)) if every is None else every
    found = 0
    for vector in asked:
        nearest = np.argpartition(-(every @ vector), 10)[:10]
        _, rows = index.search(vector, 10)
        found += len(set(nearest.tolist()) & set(rows.tolist()))
    return round(found / (10 * len(asked)), 4)


def _both(size: int, near: NearReal) -> dict[str, Any]:
    from kb_assist.indexer.vectors import open_vectors, write_vectors

    rng = np.random.default_rng(size)
    vectors = near.draw_any(rng, size)
    asked = near.draw_any(rng, _TICKETS)
    row: dict[str, Any] = {"chunks": size}
    with tempfile.TemporaryDirectory() as folder:
        for name, exact in (("exact", True), ("hnsw", False)):
            path = Path(folder) / f"{name}.faiss"
            started = time.perf_counter()
            write_vectors(vectors, path, exact=exact)
            row[f"{name}_write_seconds"] = round(time.perf_counter() - started, 1)
            index = open_vectors(path, np.zeros(size, np.uint8))
            times = [_search_ms(index, vector) for vector in asked]
            row[f"{name}_p50_ms"] = round(float(np.median(times)), 2)
        row["hnsw_recall_at_10"] = _recall(index, asked)
    return row


def _search_ms(index: VectorStore, vector: Vectors) -> float:
    started = time.perf_counter()
    index.search(vector, 120)
    return (time.perf_counter() - started) * 1000
