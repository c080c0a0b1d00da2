"""Articles that mean the same, by the vectors of their passages."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from kb_assist.indexer.embedding.embedder import Vectors
from kb_assist.indexer.space import unit

# Of each article only its nearest are compared passage by passage.
_NEIGHBOURS = 5
_BLOCK = 1_000


@dataclass(frozen=True, slots=True)
class Alike:
    """Two article rows, the smaller first, and how far each passage of one has its like in the
    other: the lower of the two directions, at most 1."""

    first: int
    second: int
    likeness: float


def alike(
    vectors: Vectors,
    starts: npt.NDArray[np.int64],
    languages: npt.NDArray[np.uint8],
    *,
    bar: float,
) -> list[Alike]:
    """Pairs of the same language from ``bar`` on, in row order; the work grows with the square.

    ``vectors``: unit rows; article ``a`` has the rows ``starts[a]`` up to ``starts[a + 1]``.
    """
    if len(starts) < 3:
        return []
    means = unit(np.stack([vectors[a:b].sum(axis=0) for a, b in pairwise(starts)]))
    candidates: set[tuple[int, int]] = set()
    for begin in range(0, len(means), _BLOCK):
        scores = means[begin : begin + _BLOCK] @ means.T
        rows = np.arange(begin, begin + len(scores))
        scores[np.arange(len(scores)), rows] = -1
        scores[languages[rows][:, None] != languages[None, :]] = -1
        wanted = min(_NEIGHBOURS, len(means) - 1)
        nearest = np.argpartition(-scores, wanted - 1, axis=1)[:, :wanted]
        for row, others in zip(rows.tolist(), nearest.tolist(), strict=True):
            near = (other for other in others if scores[row - begin, other] >= bar / 2)
            candidates |= {(min(row, other), max(row, other)) for other in near}
    found = (Alike(a, b, _likeness(vectors, starts, a, b)) for a, b in sorted(candidates))
    return [one for one in found if one.likeness >= bar]


def _likeness(vectors: Vectors, starts: npt.NDArray[np.int64], one: int, other: int) -> float:
    ours = vectors[starts[one] : starts[one + 1]]
    theirs = vectors[starts[other] : starts[other + 1]]
    if not len(ours) or not len(theirs):
        return 0.0
    scores = ours @ theirs.T
    return float(min(scores.max(axis=1).mean(), scores.max(axis=0).mean()))
