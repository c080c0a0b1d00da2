"""Articles to a published index; only what changed is cut and embedded again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from kb_assist.articles.chunking import ChunkLimits, chunk_article
from kb_assist.articles.library import Library
from kb_assist.articles.model import Article, Chunk
from kb_assist.clock import Clock
from kb_assist.errors import KbError
from kb_assist.indexer.assemble import TextVectors, languages_of, ranked_articles, write_files
from kb_assist.indexer.cache import VectorCache, text_key
from kb_assist.indexer.embedding.embedder import Embedder, ModelIdentity, Vectors
from kb_assist.indexer.snapshot import (
    FORMAT,
    Manifest,
    Snapshot,
    write_manifest,
)
from kb_assist.indexer.store import IndexStore
from kb_assist.indexer.typical import TYPICAL_TICKETS

# Texts embedded between two commits of the cache; what a killed build loses at most.
_SLAB = 256
# Rough length in words where no model counts tokens (an index without vectors).
_TOKENS_PER_WORD = 1.5


class Progress(Protocol):
    """Is told how far a build is; ``done`` and ``total`` are in units of work, not of texts."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...


def no_progress(stage: str, done: int, total: int) -> None:
    """For callers that do not show any."""


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """Where to build and how."""

    store: IndexStore
    cache_file: Path
    exact_limit: int
    keep: int


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did; ``as_json`` has the keys that scripts read."""

    articles: int
    chunks: int
    embedded: int
    reused: int
    removed: int
    seconds: float
    embed_seconds: float
    index: str
    changed: bool

    def as_json(self) -> dict[str, Any]:
        keys = ("articles", "chunks", "embedded", "reused", "removed", "seconds", "index")
        return {key: value for key, value in asdict(self).items() if key in keys}


@dataclass(slots=True)
class _Embedded:
    vectors: TextVectors
    fresh: int
    seconds: float


def unchanged_report(snapshot: Snapshot, seconds: float) -> BuildReport:
    """The report of a run that found the published index up to date."""
    manifest = snapshot.manifest
    return BuildReport(
        articles=manifest.articles,
        chunks=manifest.chunks,
        embedded=0,
        reused=manifest.chunks,
        removed=0,
        seconds=round(seconds, 3),
        embed_seconds=0.0,
        index=snapshot.generation,
        changed=False,
    )


def build_index(
    library: Library,
    embedder: Embedder | None,
    plan: BuildPlan,
    *,
    clock: Clock,
    progress: Progress = no_progress,
) -> BuildReport:
    """Build, verify and publish an index of ``library``. Needs the build lock.

    Without an embedder the index has no vectors and serves lexical search only.
    """
    started = time.perf_counter()
    previous = _previous(plan.store)
    identity = embedder.identity if embedder else None
    ranked = ranked_articles(library)
    chunks = _chunks(ranked, embedder, _reusable(previous, identity), progress)
    embedded: _Embedded | None = None
    if embedder is not None:
        cache = plan.store.cache(plan.cache_file)
        try:
            embedded = _embed(ranked, chunks, embedder, cache, progress)
        finally:
            cache.close()
    progress("write", 0, 1)
    generation = clock.now().strftime("%Y%m%dT%H%M%S%f")
    layout, write = plan.store.stage(generation)
    exact = len(chunks) <= plan.exact_limit
    vectors = embedded.vectors if embedded else None
    write_files(layout, library, chunks, vectors, exact=exact, write=write)
    manifest = Manifest(
        format=FORMAT,
        created=clock.now().isoformat(timespec="seconds"),
        library_digest=library.digest,
        articles=len(library.articles),
        chunks=len(chunks),
        languages=languages_of(ranked),
        model=identity,
        exact=exact,
    )
    write_manifest(layout, manifest)
    snapshot = plan.store.publish(generation, keep=plan.keep)
    progress("write", 1, 1)
    fresh = embedded.fresh if embedded else 0
    return BuildReport(
        articles=len(library.articles),
        chunks=len(chunks),
        embedded=fresh,
        reused=len(chunks) - fresh,
        removed=_removed(previous, chunks),
        seconds=round(time.perf_counter() - started, 3),
        embed_seconds=round(embedded.seconds, 3) if embedded else 0.0,
        index=snapshot.generation,
        changed=True,
    )


def _previous(store: IndexStore) -> Snapshot | None:
    """The index before, as a source of chunks; any fault only means more work."""
    try:
        return store.open()
    except KbError:
        return None


def _reusable(previous: Snapshot | None, identity: ModelIdentity | None) -> dict[str, list[Chunk]]:
    if previous is None or previous.manifest.model != identity:
        return {}
    return previous.chunks_by_digest()


def _removed(previous: Snapshot | None, chunks: Sequence[Chunk]) -> int:
    if previous is None:
        return 0
    before = [c.embed_text for kept in previous.chunks_by_digest().values() for c in kept]
    now = {chunk.embed_text for chunk in chunks}
    return sum(text not in now for text in before)


def _count_words(texts: Sequence[str]) -> list[int]:
    return [int(len(text.split()) * _TOKENS_PER_WORD) for text in texts]


def _chunks(
    articles: Sequence[Article],
    embedder: Embedder | None,
    known: dict[str, list[Chunk]],
    progress: Progress,
) -> list[Chunk]:
    count: Callable[[Sequence[str]], list[int]] = (
        embedder.count_tokens if embedder else _count_words
    )
    limits = ChunkLimits.for_model(embedder.identity.max_tokens if embedder else 512)
    chunks: list[Chunk] = []
    for number, article in enumerate(articles):
        of_article = known.get(article.digest)
        if of_article is None or of_article[0].article_id != article.id:
            of_article = chunk_article(article, count, limits)
        chunks.extend(of_article)
        progress("cut", number + 1, len(articles))
    return chunks


def _embed(
    articles: Sequence[Article],
    chunks: Sequence[Chunk],
    embedder: Embedder,
    cache: VectorCache,
    progress: Progress,
) -> _Embedded:
    identity = embedder.identity
    passages = [chunk.embed_text for chunk in chunks]
    asked = [article.title for article in articles]
    typical = [text for texts in TYPICAL_TICKETS.values() for text in texts]
    passage_space, query_space = identity.vector_key("passage"), identity.vector_key("query")
    known_passages = cache.get(passage_space, [text_key(text) for text in passages])
    known_queries = cache.get(query_space, [text_key(text) for text in asked + typical])
    fresh = sum(text_key(text) not in known_passages for text in passages)
    started = time.perf_counter()
    work = _Work(cache, progress)
    work.add(passage_space, passages, known_passages, embedder.encode_passages)
    work.add(query_space, asked + typical, known_queries, embedder.encode_queries)
    work.run()
    seconds = time.perf_counter() - started

    def gather(texts: Sequence[str], found: dict[bytes, Vectors]) -> Vectors:
        vectors = np.empty((len(texts), identity.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = found[text_key(text)]
        return vectors

    vectors = TextVectors(
        chunks=gather(passages, known_passages),
        titles=gather(asked, known_queries),
        typical={name: gather(texts, known_queries) for name, texts in TYPICAL_TICKETS.items()},
    )
    return _Embedded(vectors, fresh, seconds)


class _Work:
    """Embeds what is missing in slabs of similar length, the longest first."""

    def __init__(self, cache: VectorCache, progress: Progress) -> None:
        self._cache = cache
        self._progress = progress
        self._jobs: list[
            tuple[str, list[str], dict[bytes, Vectors], Callable[[Sequence[str]], Vectors]]
        ] = []

    def add(
        self,
        space: str,
        texts: Sequence[str],
        known: dict[bytes, Vectors],
        encode: Callable[[Sequence[str]], Vectors],
    ) -> None:
        """``known`` is completed by ``run``."""
        missing = {text for text in texts if text_key(text) not in known}
        # Equal lengths waste no padding; the text breaks ties, so that runs are repeatable.
        ordered = sorted(missing, key=lambda text: (-len(text), text))
        self._jobs.append((space, ordered, known, encode))

    def run(self) -> None:
        total = sum(len(text) for _, texts, _, _ in self._jobs for text in texts)
        done = 0
        self._progress("embed", 0, total)
        for space, texts, known, encode in self._jobs:
            for start in range(0, len(texts), _SLAB):
                slab = texts[start : start + _SLAB]
                vectors = encode(slab)
                pairs = [(text_key(text), vectors[row]) for row, text in enumerate(slab)]
                self._cache.put(space, pairs)
                known.update(pairs)
                done += sum(len(text) for text in slab)
                self._progress("embed", done, total)
