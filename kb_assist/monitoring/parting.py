"""When the tickets of one surge are about two things."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kb_assist.monitoring.surges import Floats, circle

Marks = npt.NDArray[np.bool_]

# Four make a surge, and so many on both sides tell two topics from two languages.
_FEWEST = 4
# Two halves of one outage lie nearer to each other, whichever way it is cut.
_APART = 0.3
# The newest tell what it is about.
_MOST = 200
_MOST_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Part:
    rows: npt.NDArray[np.int64]
    centre: Floats
    level: float
    """As in ``Found``."""


def part(members: Floats) -> tuple[Part, Part] | None:
    """The larger one first, the older one of equals; None while they may be about one thing.

    ``members``: as in ``History``. Each half must be a topic of its own, far from the other one.
    """
    known = members[-_MOST:]
    marked = _halves(known)
    if marked is None:
        return None
    sides = known[marked].sum(axis=0), known[~marked].sum(axis=0)
    first, second = (members @ (side / np.linalg.norm(side)) for side in sides)
    one, other = (_part(members, np.flatnonzero(s)) for s in (first > second, first <= second))
    if one is None or other is None:
        return None
    is_first = (-len(one.rows), one.rows[0]) < (-len(other.rows), other.rows[0])
    return (one, other) if is_first else (other, one)


def _part(members: Floats, rows: npt.NDArray[np.int64]) -> Part | None:
    drawn = circle(members[rows]) if len(rows) >= _FEWEST else None
    return None if drawn is None else Part(rows, *drawn)


def _halves(members: Floats) -> Marks | None:
    """The two that lie furthest apart; None where they are not far apart."""
    best, marked = _APART, None
    for begin in _beginnings(members):
        halves = _settled(members, begin)
        if min(halves.sum(), len(halves) - halves.sum()) < _FEWEST:
            continue
        first, second = members[halves].sum(axis=0), members[~halves].sum(axis=0)
        cosine = float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))
        if cosine < best:
            best, marked = cosine, halves
    return marked


def _beginnings(members: Floats) -> list[Marks]:
    """Either side of the directions in which the members differ most."""
    if len(members) < 2 * _FEWEST:
        return []
    first, second = np.linalg.svd(members - members.mean(axis=0), full_matrices=False)[0].T[:2]
    return [first > 0, first > np.median(first), second > 0]


def _settled(members: Floats, halves: Marks) -> Marks:
    """Each member goes where the others are nearer, until none moves."""
    for _round in range(_MOST_ROUNDS):
        own = np.where(halves[:, None], members, 0)
        rest = members - own
        first, second = own.sum(axis=0) - own, rest.sum(axis=0) - rest
        moved = _cosines(members, first) > _cosines(members, second)
        if np.array_equal(moved, halves):
            break
        halves = moved
    return halves


def _cosines(members: Floats, others: Floats) -> Floats:
    lengths = np.maximum(np.linalg.norm(others, axis=1), 1e-9)
    cosines: Floats = np.einsum("nd,nd->n", members, others) / lengths
    return cosines
