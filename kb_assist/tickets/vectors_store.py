"""The queries of ticket vectors, and the newest of them held in memory."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, delete, func, insert, select

from kb_assist.indexer.embedder import Vectors
from kb_assist.storage.tables.tickets import ticket_vectors, tickets
from kb_assist.tickets.model import State

# 50,000 vectors of 384 numbers are 77 MB and take 5 ms to compare with.
MOST_HELD = 50_000
_READ_AT_ONCE = 5_000

_v = ticket_vectors.c
_ENDED = (State.RESOLVED.value, State.CLOSED.value)


@dataclass(frozen=True, slots=True)
class Batch:
    """Vectors of one model by ticket id."""

    model_key: str
    vectors: Mapping[int, Vectors]


def put(connection: Connection, batch: Batch) -> None:
    """Replace the vectors of tickets."""
    if not batch.vectors:
        return
    connection.execute(delete(ticket_vectors).where(_v.ticket_id.in_(list(batch.vectors))))
    connection.execute(
        insert(ticket_vectors),
        [
            {"ticket_id": key, "model_key": batch.model_key, "vector": v.astype("<f4").tobytes()}
            for key, v in batch.vectors.items()
        ],
    )


def of(connection: Connection, model_key: str, ids: Sequence[int]) -> dict[int, Vectors]:
    """Those that were made by the model."""
    statement = select(_v.ticket_id, _v.vector).where(
        _v.ticket_id.in_(ids), _v.model_key == model_key
    )
    return {int(row[0]): _vector(row[1]) for row in connection.execute(statement)}


def lacking(connection: Connection, model_key: str, limit: int) -> tuple[int, ...]:
    """Resolved tickets without a vector of the model, newest first."""
    held = select(_v.ticket_id).where(_v.model_key == model_key)
    statement = (
        select(tickets.c.id)
        .where(
            tickets.c.state.in_(_ENDED),
            tickets.c.resolution_text != "",
            tickets.c.erased_at.is_(None),
            tickets.c.id.not_in(held),
        )
        .order_by(tickets.c.id.desc())
        .limit(limit)
    )
    return tuple(int(row[0]) for row in connection.execute(statement))


class HeldVectors:
    """The newest vectors of one model in memory; follows the table. Safe to use from threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._model_key = ""
        self._last_id = 0
        self._ids = np.zeros(0, dtype=np.int64)
        self._matrix: Vectors = np.zeros((0, 0), dtype=np.float32)

    def nearest(
        self, connection: Connection, model_key: str, vector: Vectors, count: int
    ) -> list[tuple[int, float]]:
        """Ticket ids with cosines, best first. Erased tickets may still be among them."""
        with self._lock:
            self._follow(connection, model_key)
            ids, matrix = self._ids, self._matrix
        if not len(ids):
            return []
        scores = matrix @ vector
        best = np.argsort(-scores, kind="stable")[:count]
        return [(int(ids[at]), float(scores[at])) for at in best]

    def _follow(self, connection: Connection, model_key: str) -> None:
        if model_key != self._model_key:
            self._model_key, self._last_id = model_key, self._start(connection, model_key)
            self._ids = np.zeros(0, dtype=np.int64)
            self._matrix = np.zeros((0, 0), dtype=np.float32)
        while rows := self._read(connection):
            fresh = np.stack([_vector(row[2]) for row in rows])
            numbers = np.array([row[1] for row in rows], dtype=np.int64)
            # A ticket that was resolved again has a newer vector; the older one goes.
            kept = ~np.isin(self._ids, numbers)
            older = self._matrix[kept] if len(self._ids) else fresh[:0]
            self._matrix = np.concatenate([older, fresh])[-MOST_HELD:]
            self._ids = np.concatenate([self._ids[kept], numbers])[-MOST_HELD:]
            self._last_id = int(rows[-1][0])

    def _start(self, connection: Connection, model_key: str) -> int:
        """The id after which the newest ``MOST_HELD`` vectors begin."""
        newest = (
            select(_v.id)
            .where(_v.model_key == model_key)
            .order_by(_v.id.desc())
            .limit(MOST_HELD)
            .subquery()
        )
        first = connection.execute(select(func.min(newest.c.id))).scalar()
        return 0 if first is None else int(first) - 1

    def _read(self, connection: Connection) -> list[tuple[int, int, bytes]]:
        statement = (
            select(_v.id, _v.ticket_id, _v.vector)
            .where(_v.model_key == self._model_key, _v.id > self._last_id)
            .order_by(_v.id)
            .limit(_READ_AT_ONCE)
        )
        return [(int(row[0]), int(row[1]), row[2]) for row in connection.execute(statement)]


def _vector(stored: bytes) -> Vectors:
    return np.frombuffer(stored, dtype="<f4").astype(np.float32)
