"""Published indexes in PostgreSQL: one committed row changes what every node serves.

Vectors are searched there. Everything else of an index is kept there as files, and each node
fetches a published index once into a folder of its own.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    Engine,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.schema import CreateSchema

from kb_assist.errors import (
    N_,
    BuildBusyError,
    IndexUnavailableError,
    KbError,
    VectorsUnavailableError,
)
from kb_assist.indexer.cache import VectorCache
from kb_assist.indexer.embedding.embedder import Vectors
from kb_assist.indexer.postgres.cache import PgCache
from kb_assist.indexer.postgres.vectors import (
    PgVectors,
    ask,
    build_engine,
    reaching,
    search_engine,
    vector_table,
    write_table,
)
from kb_assist.indexer.publish import build_lock, generations, new_staging
from kb_assist.indexer.snapshot import (
    Arrays,
    Layout,
    Manifest,
    Snapshot,
    VectorOpener,
    open_snapshot,
)
from kb_assist.indexer.vector_store import VectorStore, VectorWriter

log = logging.getLogger(__name__)

# How long a node may go on with an index that has just been replaced.
_CURRENT_SECONDS = 1.0
_LOCK_POLL_SECONDS = 0.5
_PART_BYTES = 8_000_000
# A node may still be answering from the index before.
_LEAST_KEPT = 2
_KINDS = ("chunks", "titles")


class _Tables:
    """The tables of one store, in a schema of their own."""

    def __init__(self, schema: str) -> None:
        meta = MetaData(schema=schema)
        self.meta = meta
        self.generations = Table(
            "generations",
            meta,
            Column("generation", Text, primary_key=True),
            Column("published", DateTime(timezone=True), server_default=func.now()),
        )
        generation = ForeignKey(self.generations.c.generation, ondelete="CASCADE")
        self.files = Table(
            "files",
            meta,
            Column("generation", Text, generation, primary_key=True),
            Column("path", Text, primary_key=True),
            Column("part", Integer, primary_key=True),
            Column("content", LargeBinary, nullable=False),
        )
        self.served = Table(
            "served",
            meta,
            # At most one row.
            Column("one", Boolean, CheckConstraint("one"), primary_key=True, default=True),
            Column("generation", Text, ForeignKey(self.generations.c.generation), nullable=False),
        )

    def create(self, connection: Connection) -> None:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
        connection.execute(CreateSchema(str(self.meta.schema), if_not_exists=True))
        self.meta.create_all(connection)


class PgStore:
    """Indexes in one schema of a PostgreSQL database; ``cache_dir`` is this node's own copy."""

    def __init__(
        self, url: str, cache_dir: Path, *, name: str = "kb_index", search_url: str | None = None
    ) -> None:
        """``url`` is written to; ``search_url`` may be a read replica of it."""
        self._url = url
        self._search_url = search_url or url
        self._cache_dir = cache_dir
        self._name = name
        self._tables = _Tables(name)
        self._served: str | None = None
        self._known = False
        self._asked_at = float("-inf")
        self._builder: Connection | None = None
        self._staged: Path | None = None

    @cached_property
    def _search(self) -> Engine:
        return search_engine(self._search_url)

    @cached_property
    def _build(self) -> Engine:
        return build_engine(self._url)

    def current(self) -> str | None:
        """See IndexStore; asks once a second, and keeps the last answer while there is none."""
        if time.monotonic() - self._asked_at >= _CURRENT_SECONDS:
            self._asked_at = time.monotonic()
            try:
                self._served = self._ask_served()
            except VectorsUnavailableError as error:
                log.error("The served index is not known: %s", error.message)
                self._served = self._served or max(generations(self._cache_dir), default=None)
        return self._served

    def open(self) -> Snapshot:
        """See IndexStore; fetches the index when this node does not have it yet."""
        name = self.current()
        if name is None:
            raise IndexUnavailableError(
                N_("There is no index yet."), remedy=N_("Run 'kb-assist index' to build it.")
            )
        return self._open(name)

    def generations(self) -> list[str]:
        """See IndexStore."""
        column = self._tables.generations.c.generation
        statement = select(column).order_by(column)
        return ask(self._search, lambda c: [str(name) for name in c.execute(statement).scalars()])

    @contextmanager
    def lock(self, *, wait_seconds: float = 0.0) -> Iterator[None]:
        """See IndexStore. The server gives the lock back when this process or its node dies."""
        with reaching(), self._build.connect() as connection:
            _wait_for_lock(connection, self._name, wait_seconds)
            self._tables.create(connection)
            self._drop_unpublished(connection)
            connection.commit()
            self._builder = connection
            try:
                # Another store's builder may use the same folder of this node.
                with build_lock(self._cache_dir, wait_seconds=wait_seconds):
                    yield
            finally:
                self._builder = None
                # Closing it really is what gives the lock back.
                connection.invalidate()

    def stage(self, generation: str) -> tuple[Layout, VectorWriter]:
        """See IndexStore."""
        self._staged = new_staging(self._cache_dir, generation)

        def write(
            kind: str, vectors: Vectors, audience: npt.NDArray[np.uint8], *, exact: bool
        ) -> None:
            builder = self._locked()
            table = vector_table(self._name, f"{kind}_{generation}", vectors.shape[1])
            write_table(builder, table, vectors, audience)
            builder.commit()

        return Layout(self._staged), write

    def cache(self, file: Path) -> VectorCache:
        """See IndexStore; any node may build next."""
        return PgCache(self._locked(), self._name)

    def publish(self, generation: str, *, keep: int) -> Snapshot:
        """See IndexStore. Fails without a change when the lock was lost meanwhile."""
        assert self._staged is not None
        open_snapshot(self._staged, self._open_vectors(generation))
        builder = self._locked()
        builder.execute(self._tables.generations.insert().values(generation=generation))
        self._upload(builder, self._staged, generation)
        self._serve(builder, generation)
        builder.commit()
        self._asked_at = float("-inf")
        os.replace(self._staged, self._cache_dir / generation)
        self._forget_old(builder, max(keep, _LEAST_KEPT))
        return self._open(generation)

    def rollback(self) -> str:
        """See IndexStore."""
        with self.lock(wait_seconds=60):
            builder = self._locked()
            current = self._ask_served()
            older = [name for name in self.generations() if current is None or name < current]
            for name in reversed(older):
                try:
                    self._open(name)
                except KbError:
                    continue
                self._serve(builder, name)
                builder.commit()
                self._asked_at = float("-inf")
                return name
        raise IndexUnavailableError(
            N_("There is no older index to go back to."),
            remedy=N_("KB_ASSIST_KEEP_INDEXES says how many are kept."),
        )

    def close(self) -> None:
        """See IndexStore."""
        self._search.dispose()
        self._build.dispose()

    def _locked(self) -> Connection:
        assert self._builder is not None, "needs the lock"
        return self._builder

    def _ask_served(self) -> str | None:
        served = self._tables.served

        def question(connection: Connection) -> str | None:
            if not self._known and not inspect(connection).has_table("served", self._name):
                return None
            self._known = True
            found = connection.execute(select(served.c.generation)).scalar()
            return None if found is None else str(found)

        return ask(self._search, question)

    def _open(self, generation: str) -> Snapshot:
        folder = self._cache_dir / generation
        if not Layout(folder).manifest.is_file():
            self._fetch(generation, folder)
        return open_snapshot(folder, self._open_vectors(generation))

    def _open_vectors(self, generation: str) -> VectorOpener:
        def opened(
            layout: Layout, manifest: Manifest, arrays: Arrays
        ) -> tuple[VectorStore, VectorStore]:
            assert manifest.model is not None
            dimension = manifest.model.dimension
            counts = dict(zip(_KINDS, (manifest.chunks, len(arrays.audience)), strict=True))
            chunks, titles = (
                PgVectors(
                    self._search,
                    vector_table(self._name, f"{kind}_{generation}", dimension),
                    count,
                    dimension,
                )
                for kind, count in counts.items()
            )
            return chunks, titles

        return opened

    def _fetch(self, generation: str, folder: Path) -> None:
        """Copy a published index into this node's cache; readers never see half of it."""
        staging = folder.with_name(f".fetching-{generation}-{os.getpid()}")
        shutil.rmtree(staging, ignore_errors=True)
        files = self._tables.files
        of_index = files.c.generation == generation
        parts = select(files.c.path, files.c.part).where(of_index).order_by("path", "part")

        def copy(connection: Connection) -> None:
            for path, part in connection.execute(parts).all():
                target = staging / path
                target.parent.mkdir(parents=True, exist_ok=True)
                content = select(files.c.content).where(
                    of_index, files.c.path == path, files.c.part == part
                )
                with target.open("wb" if part == 0 else "ab") as stream:
                    stream.write(connection.execute(content).scalar_one())

        try:
            ask(self._search, copy)
            if not Layout(staging).manifest.is_file():
                raise IndexUnavailableError(
                    N_("The index %(generation)s is gone from the database.", generation=generation)
                )
            if not folder.exists():
                os.replace(staging, folder)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        self._forget_copies(generation)

    def _forget_copies(self, served: str) -> None:
        for name in generations(self._cache_dir)[:-_LEAST_KEPT]:
            if name != served:
                # Readers keep what they have opened.
                shutil.rmtree(self._cache_dir / name, ignore_errors=True)

    def _upload(self, connection: Connection, folder: Path, generation: str) -> None:
        statement = self._tables.files.insert()
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            with path.open("rb") as stream:
                part = 0
                while (content := stream.read(_PART_BYTES)) or part == 0:
                    values = {
                        "generation": generation,
                        "path": path.relative_to(folder).as_posix(),
                        "part": part,
                        "content": content,
                    }
                    connection.execute(statement, values)
                    part += 1

    def _serve(self, connection: Connection, generation: str) -> None:
        values = {"one": True, "generation": generation}
        statement = insert(self._tables.served).values(values)
        connection.execute(statement.on_conflict_do_update(index_elements=["one"], set_=values))

    def _forget_old(self, connection: Connection, keep: int) -> None:
        table = self._tables.generations
        newest = select(table.c.generation).order_by(table.c.generation.desc()).limit(keep)
        served = select(self._tables.served.c.generation)
        connection.execute(
            table.delete().where(
                table.c.generation.not_in(newest), table.c.generation.not_in(served)
            )
        )
        self._drop_unpublished(connection)
        connection.commit()

    def _drop_unpublished(self, connection: Connection) -> None:
        """Tables of killed builds and of forgotten indexes."""
        known = set(connection.execute(select(self._tables.generations.c.generation)).scalars())
        for name in inspect(connection).get_table_names(self._name):
            kind, _, generation = name.partition("_")
            if kind in _KINDS and generation not in known:
                Table(name, MetaData(schema=self._name)).drop(connection)


def _wait_for_lock(connection: Connection, name: str, wait_seconds: float) -> None:
    """Raises BuildBusyError when another node holds it for longer than ``wait_seconds``."""
    deadline = time.monotonic() + wait_seconds
    take = text("SELECT pg_try_advisory_lock(hashtext(:name))")
    while not connection.execute(take, {"name": name}).scalar():
        connection.commit()
        if time.monotonic() >= deadline:
            raise BuildBusyError(
                N_("Another node is building the index."),
                remedy=N_("Wait for it to finish, or give --wait SECONDS."),
            )
        time.sleep(_LOCK_POLL_SECONDS)
    connection.commit()
