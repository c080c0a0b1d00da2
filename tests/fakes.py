"""Stand-ins with the shape of the real thing: a repeatable embedder, a clock that stands still."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import numpy as np

from kb_assist.guides.run import Event
from kb_assist.indexer.embedding.embedder import ModelIdentity, Vectors
from kb_assist.text import fold, words

# Words that mean the same in both languages share a direction, as in a multilingual model.
_SYNONYMS = {
    "kennwort": "password",
    "drucker": "printer",
    "postfach": "mailbox",
    "voll": "full",
    "netzwerk": "network",
    "zertifikat": "certificate",
    "verbindung": "connection",
}


class FakeEmbedder:
    """A bag of words hashed to unit vectors: equal words are near, everything is repeatable."""

    def __init__(self, *, dimension: int = 64, fingerprint: str = "fake") -> None:
        self.identity = ModelIdentity("fake", fingerprint, dimension, "q: ", "p: ", 256)
        self.passages: list[str] = []
        self.queries: list[str] = []

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.passages.extend(texts)
        return self._encode(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        self.queries.extend(texts)
        return self._encode(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def _encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.identity.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            # A constant part, because real models put everything into one cone.
            vectors[row, 0] = 1.0
            for word in words(text):
                vectors[row] += _direction(word, self.identity.dimension)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        normalised: Vectors = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
        return normalised


@lru_cache(maxsize=20_000)
def _direction(word: str, dimension: int) -> Vectors:
    """The same for all forms of a word that fold alike, and for its synonyms."""
    meant = _SYNONYMS.get(fold(word), fold(word))
    seed = int.from_bytes(hashlib.sha256(meant.encode()).digest()[:8], "little")
    direction = np.random.default_rng(seed).standard_normal(dimension)
    return (direction / np.linalg.norm(direction)).astype(np.float32)


class FrozenClock:
    """Moves only when told to; every ``now`` differs by a microsecond so that names do."""

    def __init__(self, at: datetime = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)) -> None:
        self._at = at
        self._asked = 0

    def now(self) -> datetime:
        self._asked += 1
        return self._at.replace(microsecond=self._asked)

    def today(self) -> date:
        return self._at.date()

    def advance(self, by: timedelta) -> None:
        self._at += by


class FakeGuideSessionStore:
    """Guide sessions in memory; refuses a number that is taken, as the database does."""

    def __init__(self) -> None:
        self._events: dict[str, dict[int, Event]] = {}
        self.bundles: dict[str, str] = {}

    def append(self, events: Sequence[Event]) -> bool:
        taken = self._events.setdefault(events[0].session, {}) if events else {}
        if any(event.seq in taken for event in events):
            return False
        taken.update({event.seq: event for event in events})
        return True

    def events(self, session: str) -> list[Event]:
        kept = self._events.get(session, {})
        return [kept[seq] for seq in sorted(kept)]

    def keep_bundle(self, digest: str, content: str) -> None:
        self.bundles.setdefault(digest, content)

    def bundle(self, digest: str) -> str | None:
        return self.bundles.get(digest)
