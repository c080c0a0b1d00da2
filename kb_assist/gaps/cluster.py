"""Groups of tickets about the same thing; pure.

Average linkage, exact and in linear memory: the mean similarity of two groups is the inner
product of their mean vectors, and merging mutual nearest neighbours in any order gives the same
tree as merging the nearest pair each time (Bruynooghe 1977), because no merged group can be
nearer to a third than its parts were.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from kb_assist.indexer.embedding.embedder import Vectors

Labels = npt.NDArray[np.int64]

# Two groups become one while their tickets are this similar on average. Among more tickets the most
# similar of chance are more similar, so the bar rises with their number; see docs/adr/0014.
_BAR_FOR_ONE = 0.01
_BAR_PER_LOG = 0.04
_HIGHEST_BAR = 0.4
# Rows compared at once: 2,000 rows against 50,000 are 400 MB.
_BLOCK = 2_000


def same_topic_bar(tickets: int) -> float:
    """The mean similarity from which two groups among so many tickets are one."""
    return min(_HIGHEST_BAR, _BAR_FOR_ONE + _BAR_PER_LOG * math.log(max(tickets, 1)))


def group(vectors: Vectors, *, same_topic: float | None = None) -> Labels:
    """A label per row, numbered from 0 by first appearance; a ticket alone is a group of one.

    ``same_topic`` None: the bar for as many tickets.
    """
    same_topic = same_topic_bar(len(vectors)) if same_topic is None else same_topic
    # Where each group was merged into; itself while it stands.
    into = np.arange(len(vectors))
    means = vectors.astype(np.float32).copy()
    sizes = np.ones(len(vectors))
    active = into.copy()
    nearest = np.full(len(vectors), -1)
    stale = active
    while len(active) > 1:
        _nearest(means, stale, active, nearest, same_topic)
        # Whoever has no near neighbour now will never have one.
        active = active[nearest[active] >= 0]
        pairs = [int(a) for a in active if a < nearest[a] and nearest[nearest[a]] == a]
        if not len(active):
            break
        # Rounding can leave no two that name each other; the first's nearest comes after it.
        pairs = pairs or [int(active[0])]
        gone = _merge(pairs, nearest, means, sizes, into)
        active = active[~np.isin(active, gone)]
        touched = np.concatenate([gone, np.array(pairs, dtype=np.int64)])
        stale = active[np.isin(nearest[active], touched) | np.isin(active, touched)]
    return _numbered(_roots(into))


def _nearest(
    means: Vectors, asked: Labels, active: Labels, nearest: Labels, same_topic: float
) -> None:
    """Note the nearest active group of each asked one, -1 below ``same_topic``."""
    others = means[active]
    for start in range(0, len(asked), _BLOCK):
        rows = asked[start : start + _BLOCK]
        scores = means[rows] @ others.T
        scores[np.arange(len(rows)), np.searchsorted(active, rows)] = -np.inf
        best = scores.argmax(axis=1)
        near = scores[np.arange(len(rows)), best] >= same_topic
        nearest[rows] = np.where(near, active[best], -1)


def _merge(
    pairs: list[int], nearest: Labels, means: Vectors, sizes: npt.NDArray[np.float64], into: Labels
) -> Labels:
    """Merge each group of ``pairs`` with its nearest; returns those that are gone."""
    gone = []
    for kept in pairs:
        other = int(nearest[kept])
        total = sizes[kept] + sizes[other]
        means[kept] = (means[kept] * sizes[kept] + means[other] * sizes[other]) / total
        sizes[kept] = total
        into[other] = kept
        gone.append(other)
    return np.array(gone, dtype=np.int64)


def _roots(into: Labels) -> Labels:
    """Each ticket's last group; a group was always merged into a lower number."""
    roots = into.copy()
    for row in range(len(roots)):
        roots[row] = roots[roots[row]]
    return roots


def _numbered(roots: Labels) -> Labels:
    """0, 1, 2 … by first appearance."""
    _, first, labels = np.unique(roots, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    numbered: Labels = rank[labels].astype(np.int64)
    return numbered
