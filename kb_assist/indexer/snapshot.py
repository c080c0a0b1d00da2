"""A published index: an immutable folder, its manifest, and how it is opened."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kb_assist.articles.model import Article, Chunk, Confidence
from kb_assist.errors import N_, IndexDamagedError, IndexMismatchError, NotFoundError
from kb_assist.indexer.analysis import Analyser, CompoundSplitter
from kb_assist.indexer.checked import read_checked
from kb_assist.indexer.embedding.embedder import ModelIdentity, Vectors
from kb_assist.indexer.lexical import LexicalIndex, open_lexical
from kb_assist.indexer.texts import StoredChunk, article_of, chunk_of
from kb_assist.indexer.vector_store import VectorStore
from kb_assist.indexer.vectors import open_vectors

# Raise whenever a reader of the previous format would misread the folder.
FORMAT = 5
# Articles and passages kept in memory, a few kilobytes each: the same ones are shown again.
_REMEMBERED = 1_000
_SPOKEN_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Layout:
    """Names every file of a published index."""

    folder: Path

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.json"

    @property
    def texts(self) -> Path:
        """Articles and chunks as they were when the index was built."""
        return self.folder / "texts.sqlite"

    @property
    def chunk_vectors(self) -> Path:
        return self.folder / "chunks.faiss"

    @property
    def title_vectors(self) -> Path:
        return self.folder / "titles.faiss"

    @property
    def chunk_terms(self) -> Path:
        return self.folder / "chunk-terms"

    @property
    def title_terms(self) -> Path:
        return self.folder / "title-terms"

    @property
    def arrays(self) -> Path:
        """Chunk ranges, audiences and centres."""
        return self.folder / "arrays.npz"

    @property
    def compounds(self) -> Path:
        """The vocabulary German compounds are split with: a word and its count a line."""
        return self.folder / "compounds.txt"

    @property
    def checked(self) -> Path:
        """What is wrong with the texts."""
        return self.folder / "checked.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    format: int
    created: str
    """ISO 8601, UTC."""
    library_digest: str
    articles: int
    chunks: int
    languages: tuple[str, ...]
    """Article languages, by code, in the order of the ``language`` array."""
    model: ModelIdentity | None
    """None for an index without vectors (the model could not be loaded)."""
    exact: bool
    files: Mapping[str, str] = field(default_factory=dict)
    """Relative file name to SHA-256."""


@dataclass(frozen=True, slots=True)
class Arrays:
    """What ranking needs of every article, in row order."""

    starts: npt.NDArray[np.int64]
    """Article ``a`` has the chunk rows ``starts[a]`` up to ``starts[a + 1]``."""
    audience: npt.NDArray[np.uint8]
    """Rank of the article's audience."""
    language: npt.NDArray[np.uint8]
    """Position in the manifest's languages."""
    group: npt.NDArray[np.int64]
    """Row of the article whose translation this is; its own row for all others."""
    sum_length: npt.NDArray[np.float32]
    """Length of the sum of the article's chunk vectors; empty without a model."""
    query_centre: Vectors
    """``(3, dimension)``: a typical query in German, English, and of unknown language."""
    whitening: Vectors
    """``(dimension, dimension)``; centred queries are multiplied by it, as the vectors were."""


VectorOpener = Callable[[Layout, Manifest, Arrays], tuple[VectorStore, VectorStore]]
"""Opens the vectors of the chunks and of the titles of an index."""


def open_files(
    layout: Layout, manifest: Manifest, arrays: Arrays
) -> tuple[VectorStore, VectorStore]:
    """The vectors that lie in the folder itself."""
    owners = np.diff(arrays.starts)
    return (
        open_vectors(layout.chunk_vectors, np.repeat(arrays.audience, owners)),
        open_vectors(layout.title_vectors, arrays.audience),
    )


class Snapshot:
    """One opened, verified index. Read-only and safe to use from several threads."""

    def __init__(
        self, layout: Layout, manifest: Manifest, vectors: VectorOpener = open_files
    ) -> None:
        self.layout = layout
        self.manifest = manifest
        with np.load(layout.arrays) as arrays:
            self.arrays = Arrays(
                starts=arrays["starts"],
                audience=arrays["audience"],
                language=arrays["language"],
                group=arrays["group"],
                sum_length=arrays["sum_length"],
                query_centre=arrays["query_centre"],
                whitening=arrays["whitening"],
            )
        self.chunk_vectors: VectorStore | None = None
        self.title_vectors: VectorStore | None = None
        if manifest.model is not None:
            self.chunk_vectors, self.title_vectors = vectors(layout, manifest, self.arrays)
        self.chunk_terms: LexicalIndex = open_lexical(layout.chunk_terms)
        self.title_terms: LexicalIndex = open_lexical(layout.title_terms)
        self.analyser = Analyser(CompoundSplitter(_read_compounds(layout.compounds)))
        self.checked = read_checked(layout.checked)
        self._local = threading.local()
        self._article_at = lru_cache(maxsize=_REMEMBERED)(self._read_article)
        self._chunk_at = lru_cache(maxsize=_REMEMBERED)(self._read_chunk)
        self._versions = np.bincount(self.arrays.group, minlength=len(self.arrays.group))

    @property
    def generation(self) -> str:
        return self.layout.folder.name

    @property
    def ranked(self) -> int:
        """How many articles are suggested: all but archived ones."""
        return len(self.arrays.audience)

    def article(self, article_id: str) -> Article:
        """Raises NotFoundError for an unknown id."""
        return self._article("id = ?", article_id)

    def article_at(self, row: int) -> Article:
        return self._article_at(row)

    def has_translations(self, row: int) -> bool:
        """Whether the article of a row exists in another language as well."""
        return int(self._versions[self.arrays.group[row]]) > 1

    def identifiers(self, article_id: str) -> frozenset[str]:
        """Keys of all identifiers that an article names."""
        rows = self._query("SELECT identifiers FROM articles WHERE id = ?", (article_id,))
        return frozenset(json.loads(rows[0]["identifiers"])) if rows else frozenset()

    def article_by_path(self, path: str) -> Article:
        """Raises NotFoundError for an unknown path."""
        return self._article("path = ?", path)

    def translations(self, article: Article) -> list[Article]:
        """The other language versions of an article, in language order."""
        source = article.translation_of or article.id
        rows = self._query(
            "SELECT * FROM articles WHERE (id = ? OR translation_of = ?) AND id <> ?"
            " ORDER BY language, id",
            (source, source, article.id),
        )
        return [article_of(row) for row in rows]

    def articles(self) -> Iterator[Article]:
        """All articles, archived ones too, in path order."""
        for row in self._query("SELECT * FROM articles ORDER BY path", ()):
            yield article_of(row)

    @cached_property
    def spoken(self) -> frozenset[str]:
        """Languages of at least a tenth of the articles."""
        counts = np.bincount(self.arrays.language, minlength=len(self.manifest.languages))
        least = _SPOKEN_SHARE * counts.sum()
        found = zip(self.manifest.languages, counts.tolist(), strict=True)
        return frozenset(language for language, count in found if count and count >= least)

    @cached_property
    def tells_confidence(self) -> bool:
        """Whether anybody validates articles here, so that "not validated" says something."""
        query = "SELECT 1 FROM articles WHERE confidence = ? LIMIT 1"
        return bool(self._query(query, (Confidence.VALIDATED.value,)))

    def path_of_row(self) -> list[str]:
        """Article paths in row order."""
        rows = self._query("SELECT path FROM articles WHERE row IS NOT NULL ORDER BY row", ())
        return [str(row["path"]) for row in rows]

    def chunk_article_rows(self, chunk_rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The article row of each chunk row."""
        found = np.searchsorted(self.arrays.starts, chunk_rows, side="right") - 1
        return found.astype(np.int64)

    def chunk(self, row: int) -> StoredChunk:
        """Raises NotFoundError for an unknown row."""
        return self._chunk_at(row)

    def _read_article(self, row: int) -> Article:
        return self._article("row = ?", row)

    def _read_chunk(self, row: int) -> StoredChunk:
        found = self._query("SELECT * FROM chunks WHERE row = ?", (int(row),))
        if not found:
            raise NotFoundError(N_("There is no chunk %(row)s.", row=row))
        return chunk_of(found[0])

    def chunks_by_digest(self) -> dict[str, list[Chunk]]:
        """Article digest to chunks, so that an unchanged article is not cut again."""
        chunks: dict[str, list[Chunk]] = {}
        query = (
            "SELECT chunks.*, articles.digest AS digest, articles.id AS owner FROM chunks"
            " JOIN articles ON articles.row = chunks.article_row ORDER BY chunks.row"
        )
        for row in self._query(query, ()):
            of_article = chunks.setdefault(row["digest"], [])
            stored = chunk_of(row)
            of_article.append(
                Chunk(
                    id=row["id"],
                    article_id=row["owner"],
                    position=len(of_article),
                    heading_path=stored.heading_path,
                    anchor=stored.anchor,
                    text=stored.text,
                    embed_text=row["embed_text"],
                    line=row["line"],
                )
            )
        return chunks

    def _article(self, condition: str, value: str | int) -> Article:
        rows = self._query(f"SELECT * FROM articles WHERE {condition}", (value,))
        if not rows:
            raise NotFoundError(N_("There is no article %(value)s.", value=value))
        return article_of(rows[0])

    def _query(self, statement: str, values: Sequence[str | int]) -> list[sqlite3.Row]:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            address = f"{self.layout.texts.resolve().as_uri()}?mode=ro&immutable=1"
            connection = sqlite3.connect(address, uri=True, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            self._local.connection = connection
        rows: list[sqlite3.Row] = connection.execute(statement, tuple(values)).fetchall()
        return rows


def open_snapshot(folder: Path, vectors: VectorOpener = open_files) -> Snapshot:
    """Verify and open a published index.

    Raises IndexDamagedError for a missing, truncated or altered file, IndexMismatchError for
    another format.
    """
    layout = Layout(folder)
    manifest = read_manifest(layout)
    verify(layout, manifest)
    try:
        return Snapshot(layout, manifest, vectors)
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise IndexDamagedError(
            N_("The index %(name)s cannot be read: %(error)s", name=folder.name, error=error)
        ) from error


def read_manifest(layout: Layout) -> Manifest:
    """Raises IndexDamagedError when it is missing or unreadable, IndexMismatchError by format."""
    try:
        stored: dict[str, Any] = json.loads(layout.manifest.read_text(encoding="utf-8"))
        found = stored["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamagedError(
            N_("The index %(name)s has no readable manifest.", name=layout.folder.name),
            remedy=N_("Run 'kb-assist index' to build it again."),
        ) from error
    if found != FORMAT:
        raise IndexMismatchError(
            N_(
                "The index %(name)s has format %(found)s, this version reads %(format)s.",
                name=layout.folder.name,
                found=found,
                format=FORMAT,
            ),
            remedy=N_("Run 'kb-assist index' to build it again."),
        )
    try:
        model = ModelIdentity(**stored["model"]) if stored["model"] else None
        languages = tuple(stored["languages"])
        return Manifest(**{**stored, "model": model, "languages": languages})
    except (KeyError, TypeError) as error:
        raise IndexDamagedError(
            N_("The manifest of %(name)s is incomplete.", name=layout.folder.name)
        ) from error


def write_manifest(layout: Layout, manifest: Manifest) -> None:
    """Write the manifest with the checksums of every other file of the folder."""
    files = {
        path.relative_to(layout.folder).as_posix(): _checksum(path)
        for path in sorted(layout.folder.rglob("*"))
        if path.is_file() and path != layout.manifest and not _is_lock(path)
    }
    content = asdict(manifest) | {"files": files}
    layout.manifest.write_text(json.dumps(content, indent=1), encoding="utf-8")


def verify(layout: Layout, manifest: Manifest) -> None:
    """Compare every file with its checksum; raises IndexDamagedError naming the first fault."""
    remedy = N_("Run 'kb-assist index' to build it again, or 'kb-assist index --rollback'.")
    for name, expected in manifest.files.items():
        path = layout.folder / name
        if not path.is_file():
            raise IndexDamagedError(
                N_("The index %(name)s misses %(file)s.", name=layout.folder.name, file=name),
                remedy=remedy,
            )
        if _checksum(path) != expected:
            raise IndexDamagedError(
                N_(
                    "%(file)s of the index %(name)s is truncated or altered.",
                    file=name,
                    name=layout.folder.name,
                ),
                remedy=remedy,
            )


def _is_lock(path: Path) -> bool:
    """Lock files of the term index; made and removed by whoever opens it."""
    return path.name.endswith(".lock")


def _checksum(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_compounds(path: Path, splitter: CompoundSplitter) -> None:
    lines = (f"{word} {count}\n" for word, count in sorted(splitter.vocabulary.items()))
    path.write_text("".join(lines), encoding="utf-8")


def _read_compounds(path: Path) -> dict[str, int]:
    pairs = (line.split(" ") for line in path.read_text(encoding="utf-8").splitlines())
    return {word: int(count) for word, count in pairs}
