"""Where published indexes are kept: a folder of this machine, or a database all nodes share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from kb_assist.indexer import publish
from kb_assist.indexer.assemble import FolderWriter
from kb_assist.indexer.cache import EmbeddingCache, VectorCache
from kb_assist.indexer.snapshot import Layout, Snapshot
from kb_assist.indexer.vector_store import VectorWriter


class IndexStore(Protocol):
    """Published indexes by generation, one of them served."""

    def current(self) -> str | None:
        """The name of the served index, None before the first one. Cheap: every search asks."""
        ...

    def open(self) -> Snapshot:
        """Open the served index; raises IndexUnavailableError when there is none."""
        ...

    def generations(self) -> list[str]:
        """Published indexes that are still there, oldest first."""
        ...

    def lock(self, *, wait_seconds: float = 0.0) -> AbstractContextManager[None]:
        """The right to build, given back when the process dies; BuildBusyError when taken."""
        ...

    def stage(self, generation: str) -> tuple[Layout, VectorWriter]:
        """An empty folder to build in, and where its vectors go. Needs the lock."""
        ...

    def cache(self, file: Path) -> VectorCache:
        """Vectors of earlier builds: in ``file``, unless nodes share them. Needs the lock."""
        ...

    def publish(self, generation: str, *, keep: int) -> Snapshot:
        """Verify what was staged and serve it; keeps the last ``keep``. Needs the lock."""
        ...

    def rollback(self) -> str:
        """Serve the index before; returns its name or raises IndexUnavailableError."""
        ...

    def close(self) -> None:
        """Let go of connections; a later use opens new ones."""
        ...


class FolderStore:
    """Indexes as folders below ``index_dir``; the default."""

    def __init__(self, index_dir: Path) -> None:
        self._index_dir = index_dir
        self._staged: Path | None = None

    def current(self) -> str | None:
        return publish.current_generation(self._index_dir)

    def open(self) -> Snapshot:
        return publish.open_current(self._index_dir)

    def generations(self) -> list[str]:
        return publish.generations(self._index_dir)

    @contextmanager
    def lock(self, *, wait_seconds: float = 0.0) -> Iterator[None]:
        with publish.build_lock(self._index_dir, wait_seconds=wait_seconds):
            yield

    def stage(self, generation: str) -> tuple[Layout, VectorWriter]:
        self._staged = publish.new_staging(self._index_dir, generation)
        layout = Layout(self._staged)
        return layout, FolderWriter(layout)

    def cache(self, file: Path) -> VectorCache:
        return EmbeddingCache(file)

    def publish(self, generation: str, *, keep: int) -> Snapshot:
        assert self._staged is not None
        return publish.publish(self._staged, self._index_dir, generation, keep=keep)

    def rollback(self) -> str:
        return publish.rollback(self._index_dir)

    def close(self) -> None:
        """Nothing is held."""
