"""Articles, chunks and vectors to the files of a snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from kb_assist.articles.library import Library
from kb_assist.articles.model import Article, Chunk, Confidence
from kb_assist.articles.plain import plain_text
from kb_assist.indexer.analysis import Analyser, CompoundSplitter
from kb_assist.indexer.checked import ABOUT_THE_SAME, MOST_COMPARED, Near, check, write_checked
from kb_assist.indexer.embedding.embedder import Vectors
from kb_assist.indexer.lexical import index_tokens, write_lexical
from kb_assist.indexer.likeness import alike
from kb_assist.indexer.snapshot import Arrays, Layout, write_compounds
from kb_assist.indexer.space import centre, unit, whitening_of
from kb_assist.indexer.texts import write_texts
from kb_assist.indexer.vector_store import Rows, VectorWriter
from kb_assist.indexer.vectors import write_vectors
from kb_assist.text import LANGUAGES, UNKNOWN_LANGUAGE


@dataclass(frozen=True, slots=True)
class TextVectors:
    """Raw vectors as the model gives them, one row per text."""

    chunks: Vectors
    titles: Vectors
    typical: dict[str, Vectors]
    """Typical tickets by language."""


def ranked_articles(library: Library) -> list[Article]:
    """The articles that are suggested, in row order; archived ones are only kept to be read."""
    return [a for a in library.articles if a.confidence is not Confidence.ARCHIVED]


def languages_of(articles: Sequence[Article]) -> tuple[str, ...]:
    return tuple(sorted({article.language for article in articles}))


def write_files(
    layout: Layout,
    library: Library,
    chunks: Sequence[Chunk],
    vectors: TextVectors | None,
    *,
    exact: bool,
    write: VectorWriter,
) -> None:
    """Write all but the manifest; ``vectors`` None makes an index for words only."""
    ranked = ranked_articles(library)
    rows = {article.id: row for row, article in enumerate(ranked)}
    owners = np.array([rows[chunk.article_id] for chunk in chunks], dtype=np.int64)
    audience = np.array([a.audience.rank for a in ranked], dtype=np.uint8)
    languages = languages_of(ranked)
    language = np.array([languages.index(a.language) for a in ranked], dtype=np.uint8)
    write_texts(layout.texts, library.articles, rows, chunks)
    german = [article for article in ranked if article.language != "en"]
    splitter = CompoundSplitter.learn(f"{a.title}\n{plain_text(a.body)}" for a in german)
    write_compounds(layout.compounds, splitter)
    analyser = Analyser(splitter)
    write_lexical(
        (
            (row, index_tokens(c.embed_text, ranked[row].language, analyser))
            for c, row in zip(chunks, owners.tolist(), strict=True)
        ),
        layout.chunk_terms,
    )
    write_lexical(
        ((row, index_tokens(a.title, a.language, analyser)) for row, a in enumerate(ranked)),
        layout.title_terms,
    )
    query_centre = np.zeros((len(LANGUAGES) + 1, 1), dtype=np.float32)
    whitening = np.zeros((1, 1), dtype=np.float32)
    starts = np.searchsorted(owners, np.arange(len(ranked) + 1)).astype(np.int64)
    sum_length = np.zeros(0, dtype=np.float32)
    near: list[Near] = []
    if vectors is not None:
        centred_chunks, _ = centre(vectors.chunks, language[owners] if len(owners) else owners)
        centred_titles, title_mean = centre(vectors.titles, language)
        whitening = whitening_of(centred_chunks, centred_titles)
        chunk_vectors = _halved(unit(centred_chunks @ whitening))
        sum_length = sum_lengths(chunk_vectors, starts)
        write("chunks", chunk_vectors, audience[owners], exact=exact)
        write("titles", _halved(unit(centred_titles @ whitening)), audience, exact=exact)
        query_centre = _query_prior(vectors.typical, title_mean)
        near = _near(ranked, chunk_vectors, starts, language)
    write_checked(layout.checked, check(library, near))
    arrays = Arrays(
        starts=starts,
        audience=audience,
        language=language,
        group=np.array([rows.get(a.translation_of, rows[a.id]) for a in ranked], dtype=np.int64),
        sum_length=sum_length,
        query_centre=query_centre,
        whitening=whitening,
    )
    np.savez(layout.arrays, **asdict(arrays))


def _near(
    ranked: Sequence[Article],
    vectors: Vectors,
    starts: Rows,
    language: npt.NDArray[np.uint8],
) -> list[Near]:
    """What ``check`` needs of the vectors."""
    if len(ranked) > MOST_COMPARED:
        return []
    found = alike(vectors, starts, language, bar=ABOUT_THE_SAME)
    return [(ranked[pair.first].id, ranked[pair.second].id, pair.likeness) for pair in found]


def _halved(vectors: Vectors) -> Vectors:
    """Rounded to half precision, which is what PostgreSQL keeps: both stores answer the same."""
    return vectors.astype(np.float16).astype(np.float32)


class FolderWriter:
    """Puts vectors into the index folder, where ``open_files`` finds them."""

    def __init__(self, layout: Layout) -> None:
        self._paths = {"chunks": layout.chunk_vectors, "titles": layout.title_vectors}

    def __call__(
        self, kind: str, vectors: Vectors, audience: npt.NDArray[np.uint8], *, exact: bool
    ) -> None:
        write_vectors(vectors, self._paths[kind], exact=exact)


def sum_lengths(vectors: Vectors, starts: Rows) -> npt.NDArray[np.float32]:
    """Length of the sum of each run of rows; with it, a run's mean is compared by its rows alone.

    ``starts`` has one entry more than there are runs; an empty run has the length 0.
    """
    lengths = np.zeros(len(starts) - 1, dtype=np.float32)
    filled = np.flatnonzero(np.diff(starts))
    if len(filled):
        sums = np.add.reduceat(vectors, starts[filled], axis=0)
        lengths[filled] = np.linalg.norm(sums, axis=1)
    return lengths


def _query_prior(typical: dict[str, Vectors], title_mean: Vectors) -> Vectors:
    """Expected mean of queries by language: typical tickets and this KB's own titles, halved."""
    means = {name: vectors.mean(axis=0) for name, vectors in typical.items()}
    means[UNKNOWN_LANGUAGE] = np.mean([means[name] for name in LANGUAGES], axis=0)
    order = (*LANGUAGES, UNKNOWN_LANGUAGE)
    return np.stack([(means[name] + title_mean) / 2 for name in order]).astype(np.float32)
