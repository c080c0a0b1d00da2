"""Ticket vectors made comparable with one another; pure.

In any set of tickets a few directions carry most of the variance, and they tell how a ticket is
written (a title, a list of steps, a mail), not what it is about. They are damped; docs/adr/0014
has the measurements.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kb_assist.indexer.embedding.embedder import Vectors
from kb_assist.indexer.space import unit

# A direction with this many times the mean variance is halved; stronger ones nearly vanish, and
# ordinary ones stay as they are.
_HALVED_AT = 6.0


def comparable(vectors: Vectors, languages: Sequence[str]) -> Vectors:
    """Unit rows whose inner products say how far two tickets are about the same thing.

    ``vectors``: unit rows, whitened like the index. Each language is centred on its own mean, so
    that a German and an English ticket can meet.
    """
    if not len(vectors):
        return vectors
    centred = unit(around_language(vectors, np.asarray(languages)))
    variances, directions = np.linalg.eigh(centred.T.astype(np.float64) @ centred)
    # Few tickets span few directions; the mean is over those that exist.
    spanned = max(1, min(len(vectors) - 1, vectors.shape[1]))
    relative = variances / max(float(variances.sum()) / spanned, 1e-9)
    damping = 1.0 / (1.0 + (relative / _HALVED_AT) ** 3)
    return unit((centred @ (directions * damping)).astype(np.float32))


def around_language(vectors: Vectors, languages: npt.NDArray[np.str_]) -> Vectors:
    """Each language centred on its own mean; a language of one stays as it is."""
    centred = vectors.copy()
    for language in np.unique(languages):
        members = languages == language
        if members.sum() > 1:
            centred[members] -= vectors[members].mean(axis=0)
    return centred
