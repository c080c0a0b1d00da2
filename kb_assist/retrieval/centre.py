"""Where queries lie on average in the embedding space, learned from the queries themselves."""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np

from kb_assist.files import write_atomically
from kb_assist.indexer.embedding.embedder import Vectors
from kb_assist.indexer.space import unit
from kb_assist.text import LANGUAGES, UNKNOWN_LANGUAGE

# The index's own estimate counts as much as this many tickets.
PRIOR_TICKETS = 30.0
# Old tickets fade: the mean follows roughly the last this many.
MOST_TICKETS = 1000.0
# A ticket this close to a recent one is the same event told again and says nothing new.
_SAME = 0.95
_RECENT = 64

_ORDER = (*LANGUAGES, UNKNOWN_LANGUAGE)


class QueryCentre:
    """Running means of query vectors by language, begun from the index's prior.

    Only the means are kept, never a text. Safe to use from several threads.
    """

    def __init__(self, prior: Vectors) -> None:
        """``prior``: ``(3, dimension)``, for German, English and unknown language."""
        self._means = prior.astype(np.float64)
        self._weights = np.full(len(_ORDER), PRIOR_TICKETS)
        self._recent: deque[Vectors] = deque(maxlen=_RECENT)
        self._lock = threading.Lock()
        self.observed = 0

    def centred(self, vector: Vectors, language: str) -> Vectors:
        """The query vector around the mean of its language, length 1."""
        return unit(vector - self.mean(language))

    def mean(self, language: str) -> Vectors:
        """Where queries of this language lie on average."""
        with self._lock:
            mean: Vectors = self._means[_ORDER.index(language)].astype(np.float32)
        return mean

    def observe(self, vector: Vectors, language: str) -> None:
        """Learn from one ticket; repeats of recent ones are ignored."""
        row = _ORDER.index(language)
        with self._lock:
            if any(float(vector @ seen) > _SAME for seen in self._recent):
                return
            self._recent.append(vector)
            weight = min(self._weights[row] + 1.0, MOST_TICKETS)
            self._means[row] += (vector - self._means[row]) / weight
            self._weights[row] = weight
            self.observed += 1

    def save(self, path: Path, key: str) -> None:
        """``key`` names the vector space; a file of another space is not read back."""
        with self._lock:
            means, weights = self._means.copy(), self._weights.copy()

        def write(stream: Any) -> None:
            np.savez(stream, key=np.array(key), means=means, weights=weights)

        write_atomically(path, write)

    def restore(self, path: Path, key: str) -> bool:
        """Continue from a saved state; False when there is none for this vector space."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                if str(stored["key"]) != key or stored["means"].shape != self._means.shape:
                    return False
                means, weights = stored["means"], stored["weights"]
        except (OSError, ValueError, KeyError, EOFError):
            return False
        with self._lock:
            self._means, self._weights = means, weights
        return True
