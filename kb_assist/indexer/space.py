"""How raw vectors become comparable: centred, whitened, scaled to length 1; pure.

Models of this kind put every text into a narrow cone, so that raw cosines tell little. Taking the
mean away and evening out the directions that all texts share leaves what tells texts apart;
docs/adr/0001 has the measurements.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kb_assist.indexer.embedding.embedder import Vectors

# A language's own mean counts fully only when it rests on clearly more chunks than this.
_CENTRE_PRIOR = 20.0
# 0 leaves the space as it is, 1 makes all directions equally long. Halfway helps within a
# language more than it costs across languages.
_WHITENING_POWER = 0.4
# Added to every variance, relative to the mean one: few texts estimate small variances badly.
_WHITENING_FLOOR = 1.0


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to length 1; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Vectors = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled


def centre(vectors: Vectors, groups: np.ndarray[Any, np.dtype[Any]]) -> tuple[Vectors, Vectors]:
    """Unit vectors around their group's mean, and the mean of all.

    Texts of one language share more than texts of all; small groups lean on the mean of all.
    """
    overall = vectors.mean(axis=0) if len(vectors) else np.zeros(vectors.shape[1], np.float32)
    centred = np.empty_like(vectors)
    for group in np.unique(groups):
        members = groups == group
        total = vectors[members].sum(axis=0)
        mean = (total + _CENTRE_PRIOR * overall) / (members.sum() + _CENTRE_PRIOR)
        centred[members] = vectors[members] - mean
    return unit(centred), overall.astype(np.float32)


def whitening_of(chunks: Vectors, titles: Vectors) -> Vectors:
    """The linear map, ``(dimension, dimension)``, that evens out the variances of both."""
    dimension = chunks.shape[1]
    moments = np.zeros((dimension, dimension))
    for vectors in (chunks, titles):
        moments += (vectors.T @ vectors) / max(len(vectors), 1) / 2
    variances, directions = np.linalg.eigh(moments)
    floored = variances + _WHITENING_FLOOR * max(float(variances.mean()), 1e-9)
    whitening: Vectors = (directions * floored ** (-_WHITENING_POWER / 2)).astype(np.float32)
    return whitening
