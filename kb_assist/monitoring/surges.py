"""When many tickets alike in a short time are a surge: measured against their own usual share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Moments = npt.NDArray[np.float64]

# Beyond the nearest earlier tickets their share falls off exponentially; without that, what nobody
# asked before would count alike whether anything ever came near it or not.
_TAIL = 0.02
_SHORTEST_TAIL = 10
# So that nothing is infinitely surprising.
_LEAST_KNOWN = 0.2
# As many tickets as make the smallest group must say something by themselves: three that say much
# would else make a surge with any other.
_SAYS_NOTHING = 0.2
# What is usual shows in so many of the newest tickets; more would only take longer.
_COMPARED = 50_000
# Comparing with all of those is dear; most groups are refuted by the newest of them.
_GLANCE = 10_000
# Tickets that people put together are taken for one topic from this cohesion on.
_ALIKE = 0.2
# No more of the earlier tickets than these may be so near that they would belong to a surge.
_MOST_LIKE_IT = 0.005
# The remotest of four members is not the remotest of all that will come.
_ABOUT = 0.8


class Stage(StrEnum):
    EMERGING = "emerging"
    ACTIVE = "active"
    QUIET = "quiet"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class SurgeRules:
    window: timedelta = timedelta(hours=4)
    sizes: tuple[int, ...] = (4, 5, 6, 8, 10, 12)
    """So many tickets make a group that is looked at; whoever is like them belongs to it as well.
    Each size costs a comparison with all stored tickets."""
    cohesion: float = 0.1
    """Least mean cosine of all pairs of a group, around the mean of the language; that of tickets
    of one outage in two languages is mostly 0.2 to 0.4."""
    remotest: float = 0.2
    """Least cosine of a member with the centre of the others."""
    doubt: float = 0.0001
    """Divided by the number of stored tickets: the largest chance of a coincidence. The more is
    known the surer it must be, so that false alarms grow only with the logarithm of tickets."""
    further: float = math.e
    """Each ticket of a group beyond the smallest size must be so many times less likely: a larger
    group was chosen among more."""
    history: float = 6.0
    """What is usual is not known from fewer than so many times the tickets of the window: where
    more came within it, only the newest of them are looked at."""
    active_per_hour: float = 1.0
    """More than this within the window: active."""
    resolved_after: timedelta = timedelta(hours=24)
    """Without another ticket for so long: resolved."""
    lesson_factor: float = 2.0
    """A topic somebody dismissed needs so many times the tickets that were dismissed."""


@dataclass(frozen=True, slots=True)
class History:
    """Stored tickets, one row each, oldest first."""

    ids: npt.NDArray[np.int64]
    at: Moments
    """Seconds since the epoch."""
    vectors: Floats
    """Directions from the mean of the language, unit length, ``(tickets, dimension)``."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A surge somebody dismissed."""

    vector: Floats
    count: int
    level: float
    """See ``Found``."""


@dataclass(frozen=True, slots=True)
class Found:
    """Tickets alike, with the numbers that explain why they are reported."""

    ids: tuple[int, ...]
    """Oldest first; the new ticket is the last."""
    since: datetime
    usual: float
    """So many would be expected among the tickets of the window."""
    centre: Floats
    """Direction in which the group lies, unit length."""
    level: float
    """About the cosine with ``centre`` from which a ticket belongs to it, see ``belongs``: that of
    its remotest member, or more where that would take in too many."""


@dataclass(frozen=True, slots=True)
class _Group:
    rows: tuple[int, ...]
    """Of the window, besides the new ticket."""
    centre: Floats
    levels: Floats
    """Cosine of each member with the centre of the others, one for each ticket."""

    @property
    def level(self) -> float:
        return float(self.levels.min())


def detect(
    history: History,
    ticket: tuple[int, datetime, Floats],
    lessons: Sequence[Lesson] = (),
    *,
    taken: Sequence[int] = (),
    rules: SurgeRules | None = None,
) -> Found | None:
    """Whether the new ticket completes a surge; ``history`` need not hold it.

    ``taken``: tickets of surges that are known, which make no other one.

    A group grows from the ticket by whoever is nearest to its centre, for the centre of several
    tickets tells a topic where single pairs do not. For each member the share of earlier tickets
    as near to the centre says how many such were to be expected among those that came since the
    group began; that all of them came is as likely as the product. A share, not a rate: busy hours
    and quiet nights are no surges. And each member by itself, because one that says little must
    not hide what the others say; four at least must say something.
    """
    rules = rules or SurgeRules()
    ticket_id, now, vector = ticket
    begin, end = newest_rows(history.at, now, rules)
    rows = begin + np.flatnonzero(~np.isin(history.ids[begin:end], [ticket_id, *taken]))
    # The tickets of a window decide most cases; the whole history is compared only then.
    window = history.vectors[rows]
    groups = _groups(window, vector, rules)
    if not groups:
        return None
    before = history.vectors[max(0, begin - _COMPARED) : begin]
    counts = (len(rows), len(before))
    glance = np.stack([group.centre for group in groups]) @ before[-_GLANCE:].T
    for group, newest in zip(groups, glance, strict=True):
        # Usual among the newest already: with the rest the count only grows.
        if _is_chance(group, newest, counts, rules):
            continue
        whole = len(before) <= _GLANCE
        cosines = newest if whole else before @ group.centre
        if not whole and _is_chance(group, cosines, counts, rules):
            continue
        level = max(group.level, float(np.quantile(cosines, 1 - _MOST_LIKE_IT)) / _ABOUT)
        alike = window @ group.centre >= _ABOUT * level
        near = rows[alike | _marks(group.rows, len(rows))]
        if len(near) + 1 >= _least(vector, lessons, rules):
            since = datetime.fromtimestamp(float(history.at[near].min()), now.tzinfo)
            ids = (*(int(key) for key in history.ids[near]), ticket_id)
            usual = _share(cosines, level) * len(rows)
            return Found(ids, since, usual, group.centre, level)
    return None


def usual_count(history: History, now: datetime, centre: Floats, level: float) -> float:
    """So many tickets as near to the centre would be expected among the newest."""
    begin, end = newest_rows(history.at, now)
    before = history.vectors[max(0, begin - _COMPARED) : begin]
    return _share(before @ centre, level) * (end - begin)


def _share(cosines: Floats, level: float) -> float:
    return float(np.count_nonzero(cosines >= level)) / max(1, len(cosines))


def newest_rows(at: Moments, now: datetime, rules: SurgeRules | None = None) -> tuple[int, int]:
    """Begin and end of the rows that may be a surge; what is usual shows in those before.

    ``at``: as in ``History``. The tickets of a window, but at most as many as ``history`` allows:
    on the first day of a desk, or where hundreds come in an hour, there would be nothing to
    compare with.
    """
    rules = rules or SurgeRules()
    begin = int(np.searchsorted(at, (now - rules.window).timestamp(), "left"))
    end = int(np.searchsorted(at, now.timestamp(), "right"))
    return max(begin, end - int(end / (1 + rules.history))), end


def _is_chance(group: _Group, cosines: Floats, counts: tuple[int, int], rules: SurgeRules) -> bool:
    """Whether it may come by chance; ``counts``: tickets within the window and before it."""
    since = counts[0] - min(group.rows) + 1
    ratio = since / (counts[1] + 1)
    known = _known(cosines, group.levels)
    if np.count_nonzero(known * ratio < _SAYS_NOTHING) < rules.sizes[0]:
        return True
    return chance(known, ratio, rules) > rules.doubt / (counts[1] + 1)


def _known(cosines: Floats, levels: Floats) -> Floats:
    """For each level how many tickets before were as near, or would be by how their share falls."""
    counts = np.count_nonzero(cosines >= levels[:, None], axis=1)
    nearest = min(len(cosines), max(_SHORTEST_TAIL, round(_TAIL * len(cosines))))
    tail = np.partition(cosines, -nearest)[-nearest:]
    begin = tail.min()
    fall = max(1e-3, float(tail.mean() - begin))
    expected = nearest * np.exp(-np.maximum(0, levels - begin) / fall)
    known: Floats = np.maximum(_LEAST_KNOWN, np.maximum(counts, expected))
    return known


def chance(known: Floats, ratio: float, rules: SurgeRules | None = None) -> float:
    """How likely a group is by accident; more than 1 for one that is quite usual.

    ``known``: for each member, how many earlier tickets were as near to the centre. ``ratio``: how
    many tickets came since the group began for each earlier one.
    """
    rules = rules or SurgeRules()
    expected = np.minimum(1.0, known * ratio)
    more = len(known) - rules.sizes[0]
    return float(np.prod(expected)) * rules.further**more


def _groups(window: Floats, vector: Floats, rules: SurgeRules) -> list[_Group]:
    """Groups around the ticket that hold together, the smallest first."""
    total = vector.astype(np.float64)
    free = np.ones(len(window), dtype=bool)
    chosen: list[int] = []
    found: list[_Group] = []
    while len(chosen) + 1 < rules.sizes[-1] and free.any():
        nearest = int(np.where(free, window @ total.astype(np.float32), -np.inf).argmax())
        free[nearest] = False
        chosen.append(nearest)
        total = total + window[nearest]
        if len(chosen) + 1 in rules.sizes:
            members = np.concatenate([window[chosen], vector[None, :]])
            own = float(vector @ window[chosen].mean(axis=0))
            levels = _levels(members)
            if min(own, _cohesion(members)) >= rules.cohesion and levels.min() >= rules.remotest:
                found.append(_Group(tuple(chosen), _unit(total), levels))
    return found


def _levels(members: Floats) -> Floats:
    """The cosine of each member with the centre of the others."""
    others = members.sum(axis=0) - members
    cosines: Floats = np.einsum("nd,nd->n", members, others) / np.linalg.norm(others, axis=1)
    return cosines


def _marks(rows: Sequence[int], count: int) -> npt.NDArray[np.bool_]:
    marks = np.zeros(count, dtype=bool)
    marks[list(rows)] = True
    return marks


def _unit(total: npt.NDArray[np.float64]) -> Floats:
    return (total / np.linalg.norm(total)).astype(np.float32)


def _cohesion(members: Floats) -> float:
    """Mean cosine of all pairs: tickets that are only alike the newest are no common topic."""
    count = len(members)
    total = float(np.square(members.sum(axis=0)).sum())
    return (total - count) / (count * (count - 1))


def circle(members: Floats, rules: SurgeRules | None = None) -> tuple[Floats, float] | None:
    """Centre and level of tickets that are known to be about the same; None: they are not alike.

    ``members``: three at least, as in ``History``.
    """
    rules = rules or SurgeRules()
    if len(members) < rules.sizes[0] - 1 or _cohesion(members) < _ALIKE:
        return None
    level = float(_levels(members).min())
    return _unit(members.sum(axis=0, dtype=np.float64)), max(_ALIKE, level)


def belongs(vector: Floats, centre: Floats, level: float) -> bool:
    """Whether a ticket is about as near to the centre of a surge as its members are."""
    return float(vector @ centre) >= _ABOUT * level


def stage(moments: Sequence[datetime], now: datetime, rules: SurgeRules | None = None) -> Stage:
    """Where a surge stands; ``moments``: when its tickets came, none where all are erased."""
    rules = rules or SurgeRules()
    newest = max(moments, default=None)
    if newest is None or now - newest >= rules.resolved_after:
        return Stage.RESOLVED
    if now - newest > rules.window:
        return Stage.QUIET
    recent = sum(now - at <= rules.window for at in moments)
    hours = rules.window / timedelta(hours=1)
    return Stage.ACTIVE if recent / hours > rules.active_per_hour else Stage.EMERGING


def _least(vector: Floats, lessons: Sequence[Lesson], rules: SurgeRules) -> int:
    taught = [
        math.ceil(lesson.count * rules.lesson_factor)
        for lesson in lessons
        if belongs(vector, lesson.vector, lesson.level)
    ]
    return max([rules.sizes[0], *taught])
