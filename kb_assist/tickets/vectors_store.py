"""The queries of ticket vectors, and the newest of them held in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, delete, func, insert, select

from kb_assist.indexer.embedding.embedder import Vectors
from kb_assist.storage.tables.tickets import ticket_vectors, tickets
from kb_assist.text import LANGUAGES, UNKNOWN_LANGUAGE
from kb_assist.tickets.model import State

# 50,000 vectors of 384 numbers are 77 MB and take 5 ms to compare with.
MOST_HELD = 50_000
_READ_AT_ONCE = 5_000
# The prior mean of a language counts as much as this many tickets.
_PRIOR_TICKETS = 20.0
_LANGUAGES = (*LANGUAGES, UNKNOWN_LANGUAGE)

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


def of(
    connection: Connection, model_key: str, ids: Sequence[int]
) -> dict[int, tuple[str, Vectors]]:
    """Language and vector of those that were made by the model."""
    statement = (
        select(_v.ticket_id, tickets.c.language, _v.vector)
        .join(tickets, tickets.c.id == _v.ticket_id)
        .where(_v.ticket_id.in_(ids), _v.model_key == model_key)
    )
    return {int(row[0]): (row[1], _vector(row[2])) for row in connection.execute(statement)}


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


@dataclass(frozen=True, slots=True)
class Asked:
    """What stored vectors are compared with."""

    model_key: str
    vector: Vectors
    """As the model gives it."""
    language: str
    prior: Callable[[str], Vectors]
    """The expected mean of a language, until there are enough tickets to know it."""


class HeldVectors:
    """The newest vectors of one model in memory; follows the table. Safe to use from threads.

    Compared are directions from the mean of each language: raw vectors of this kind are all
    alike, and tickets of one language are alike for their language.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._model_key = ""
        self._last_id = 0
        self._ids = np.zeros(0, dtype=np.int64)
        self._languages = np.zeros(0, dtype=np.int8)
        self._matrix: Vectors = np.zeros((0, 0), dtype=np.float32)

    def nearest(self, connection: Connection, asked: Asked, count: int) -> list[tuple[int, float]]:
        """Ticket ids with cosines, best first. Erased tickets may still be among them."""
        with self._lock:
            self._follow(connection, asked.model_key)
            ids, languages, matrix = self._ids, self._languages, self._matrix
        if not len(ids):
            return []
        scores = _cosines(matrix, languages, asked, self._means(asked))
        best = np.argsort(-scores, kind="stable")[:count]
        return [(int(ids[at]), float(scores[at])) for at in best]

    def alike(self, asked: Asked, stored: Mapping[int, tuple[str, Vectors]]) -> dict[int, float]:
        """Cosines of vectors that need not be held, by ticket id."""
        if not stored:
            return {}
        languages = np.array([_code(language) for language, _ in stored.values()], dtype=np.int8)
        matrix = np.stack([vector for _, vector in stored.values()])
        scores = _cosines(matrix, languages, asked, self._means(asked))
        return {key: float(score) for key, score in zip(stored, scores, strict=True)}

    def _means(self, asked: Asked) -> Vectors:
        """One mean per language, ``(languages, dimension)``."""
        means = np.stack([asked.prior(language) for language in _LANGUAGES])
        for code in range(len(_LANGUAGES)):
            own = self._matrix[self._languages == code] if len(self._ids) else self._matrix
            if len(own):
                total = own.sum(axis=0) + _PRIOR_TICKETS * means[code]
                means[code] = total / (len(own) + _PRIOR_TICKETS)
        return means

    def _follow(self, connection: Connection, model_key: str) -> None:
        if model_key != self._model_key:
            self._model_key, self._last_id = model_key, self._start(connection, model_key)
            self._ids = np.zeros(0, dtype=np.int64)
            self._languages = np.zeros(0, dtype=np.int8)
            self._matrix = np.zeros((0, 0), dtype=np.float32)
        while rows := self._read(connection):
            fresh = np.stack([_vector(row[2]) for row in rows])
            numbers = np.array([row[1] for row in rows], dtype=np.int64)
            spoken = np.array([_code(row[3]) for row in rows], dtype=np.int8)
            # A ticket that was resolved again has a newer vector; the older one goes.
            kept = ~np.isin(self._ids, numbers)
            older = self._matrix[kept] if len(self._ids) else fresh[:0]
            self._matrix = np.concatenate([older, fresh])[-MOST_HELD:]
            self._languages = np.concatenate([self._languages[kept], spoken])[-MOST_HELD:]
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

    def _read(self, connection: Connection) -> list[tuple[int, int, bytes, str]]:
        statement = (
            select(_v.id, _v.ticket_id, _v.vector, tickets.c.language)
            .join(tickets, tickets.c.id == _v.ticket_id)
            .where(_v.model_key == self._model_key, _v.id > self._last_id)
            .order_by(_v.id)
            .limit(_READ_AT_ONCE)
        )
        found = connection.execute(statement)
        return [(int(row[0]), int(row[1]), row[2], str(row[3])) for row in found]


def _cosines(
    matrix: Vectors, languages: npt.NDArray[np.int8], asked: Asked, means: Vectors
) -> Vectors:
    """Cosines around the means, without a second matrix: ``(x - m) q = x q - m q``."""
    centred = asked.vector - means[_code(asked.language)]
    query = centred / max(float(np.linalg.norm(centred)), 1e-9)
    squared = np.einsum("nd,nd->n", matrix, matrix)
    crossed = np.einsum("nd,nd->n", matrix, means[languages])
    lengths = np.sqrt(np.maximum(squared - 2 * crossed + (means**2).sum(axis=1)[languages], 1e-9))
    scores: Vectors = ((matrix @ query - (means @ query)[languages]) / lengths).astype(np.float32)
    return scores


def _code(language: str) -> int:
    return _LANGUAGES.index(language) if language in _LANGUAGES else len(_LANGUAGES) - 1


def _vector(stored: bytes) -> Vectors:
    return np.frombuffer(stored, dtype="<f4").astype(np.float32)
