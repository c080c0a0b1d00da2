"""Vectors that were computed once by any node, kept in PostgreSQL beside the indexes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from sqlalchemy import Column, Connection, LargeBinary, MetaData, Table, Text, select
from sqlalchemy.dialects.postgresql import insert

from kb_assist.indexer.embedding.embedder import Vectors

_BATCH = 500


class PgCache:
    """As EmbeddingCache, for all nodes; the table may be dropped at any time."""

    def __init__(self, connection: Connection, schema: str) -> None:
        """``connection`` is the builder's; it stays open."""
        self._connection = connection
        self._table = Table(
            "cache",
            MetaData(schema=schema),
            Column("space", Text, primary_key=True),
            Column("key", LargeBinary, primary_key=True),
            Column("vector", LargeBinary, nullable=False),
        )
        self._table.create(connection, checkfirst=True)
        connection.commit()

    def get(self, space: str, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        found: dict[bytes, Vectors] = {}
        columns = self._table.c
        for start in range(0, len(keys), _BATCH):
            part = keys[start : start + _BATCH]
            query = select(columns.key, columns.vector).where(
                columns.space == space, columns.key.in_(part)
            )
            for key, blob in self._connection.execute(query):
                found[bytes(key)] = np.frombuffer(blob, dtype=np.float32)
        # The model works for minutes; no transaction stays open meanwhile.
        self._connection.commit()
        return found

    def put(self, space: str, pairs: Iterable[tuple[bytes, Vectors]]) -> None:
        """Store and commit, so that a killed build goes on where it was, on any node."""
        rows = [
            {"space": space, "key": key, "vector": np.asarray(vector, dtype=np.float32).tobytes()}
            for key, vector in pairs
        ]
        if rows:
            self._connection.execute(insert(self._table).on_conflict_do_nothing(), rows)
        self._connection.commit()

    def close(self) -> None:
        """Nothing is held."""
