"""Vectors that were computed once, by content, so that no text is ever embedded twice."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from kb_assist.indexer.embedder import Vectors

log = logging.getLogger(__name__)

_BATCH = 500


def text_key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


class VectorCache(Protocol):
    """Vectors by vector space and text hash."""

    def get(self, space: str, keys: Sequence[bytes]) -> dict[bytes, Vectors]: ...

    def put(self, space: str, pairs: Iterable[tuple[bytes, Vectors]]) -> None:
        """Store and commit, so that a killed build goes on where it was."""
        ...

    def close(self) -> None: ...


class EmbeddingCache:
    """A SQLite file of vectors by vector space and text hash. One writer at a time.

    It can be deleted at any time; a damaged file is put aside and begun anew.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        try:
            self._connection = self._open()
        except sqlite3.DatabaseError:
            aside = path.with_suffix(".damaged")
            path.replace(aside)
            log.warning("The embedding cache was damaged; it is now %s.", aside.name)
            self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=30)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS vectors (space TEXT NOT NULL, key BLOB NOT NULL,"
            " vector BLOB NOT NULL, PRIMARY KEY (space, key)) WITHOUT ROWID"
        )
        connection.commit()
        return connection

    def get(self, space: str, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        found: dict[bytes, Vectors] = {}
        for start in range(0, len(keys), _BATCH):
            part = keys[start : start + _BATCH]
            marks = ",".join("?" * len(part))
            statement = f"SELECT key, vector FROM vectors WHERE space = ? AND key IN ({marks})"
            for key, blob in self._connection.execute(statement, (space, *part)):
                found[key] = np.frombuffer(blob, dtype=np.float32)
        return found

    def put(self, space: str, pairs: Iterable[tuple[bytes, Vectors]]) -> None:
        """Store and commit, so that a killed build goes on where it was."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)",
            ((space, key, np.asarray(vector, dtype=np.float32).tobytes()) for key, vector in pairs),
        )
        self._connection.commit()

    def keep_only(self, space: str, keys: Iterable[bytes]) -> None:
        """Forget every other vector, also those of other spaces."""
        run = self._connection.execute
        run("CREATE TEMP TABLE kept (key BLOB PRIMARY KEY) WITHOUT ROWID")
        self._connection.executemany("INSERT OR IGNORE INTO kept VALUES (?)", ((k,) for k in keys))
        run(
            "DELETE FROM vectors WHERE space <> ? OR key NOT IN (SELECT key FROM kept)",
            (space,),
        )
        run("DROP TABLE kept")
        self._connection.commit()

    def count(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM vectors").fetchone()[0])

    def close(self) -> None:
        self._connection.close()
