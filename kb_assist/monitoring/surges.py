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

# A ticket never seen before counts as half a one, so that nothing is infinitely surprising.
_HALF = 0.5


class Stage(StrEnum):
    EMERGING = "emerging"
    ACTIVE = "active"
    QUIET = "quiet"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class SurgeRules:
    window: timedelta = timedelta(hours=4)
    least: int = 4
    """So many tickets alike within the window are looked at."""
    alike: float = 0.25
    """Cosine around the mean of the language from which two tickets are about the same."""
    closely: float = 0.4
    """From here they say nearly the same: rarer by chance, so fewer tickets convince."""
    doubt: float = 0.02
    """Divided by the number of stored tickets: the largest probability of a coincidence. The more
    is known the surer it must be, so that false alarms grow only with the logarithm of tickets."""
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


@dataclass(frozen=True, slots=True)
class Found:
    """Tickets alike, with the numbers that explain why they are reported."""

    ids: tuple[int, ...]
    """Oldest first; the new ticket is the last."""
    since: datetime
    usual: float
    """So many would be expected among the tickets of the window."""
    centre: Floats
    """Mean of the members' vectors, not of unit length."""


def detect(
    history: History,
    ticket: tuple[int, datetime, Floats],
    lessons: Sequence[Lesson] = (),
    *,
    rules: SurgeRules | None = None,
) -> Found | None:
    """Whether the new ticket completes a surge; ``history`` need not hold it.

    The share of tickets like it before the window says how many were to be expected within it.
    A share, not a rate: busy hours and quiet nights are no surges.
    """
    rules = rules or SurgeRules()
    ticket_id, now, vector = ticket
    begin = int(np.searchsorted(history.at, (now - rules.window).timestamp(), "left"))
    end = int(np.searchsorted(history.at, now.timestamp(), "right"))
    rows = begin + np.flatnonzero(history.ids[begin:end] != ticket_id)
    # The 50 rows of a window decide most tickets; the whole history is compared only then.
    cosines = history.vectors[rows] @ vector
    if np.count_nonzero(cosines >= rules.alike) + 1 < _least(vector, lessons, rules):
        return None
    before = history.vectors[:begin] @ vector
    chance = rules.doubt / (len(before) + 1)
    for alike in (rules.alike, rules.closely):
        near = rows[cosines >= alike]
        count = len(near) + 1
        known = int(np.count_nonzero(before >= alike)) + _HALF
        ratio = (len(rows) - len(near) + 1) / (len(before) + 2 * _HALF)
        if count < rules.least or probability(count, known, ratio) > chance:
            continue
        members = np.concatenate([history.vectors[near], vector[None, :]])
        if _cohesion(members) >= alike:
            since = datetime.fromtimestamp(float(history.at[near].min()), now.tzinfo)
            ids = (*(int(key) for key in history.ids[near]), ticket_id)
            return Found(ids, since, known * ratio, members.mean(axis=0))
    return None


def _cohesion(members: Floats) -> float:
    """Mean cosine of all pairs: tickets that are only alike the newest are no common topic."""
    count = len(members)
    total = float(np.square(members.sum(axis=0)).sum())
    return (total - count) / (count * (count - 1))


def belongs(vector: Floats, centre: Floats, rules: SurgeRules | None = None) -> bool:
    """Whether a ticket belongs to a surge: its mean cosine with the members."""
    return float(vector @ centre) >= (rules or SurgeRules()).alike


def stage(moments: Sequence[datetime], now: datetime, rules: SurgeRules | None = None) -> Stage:
    """Where a surge stands; ``moments``: when its tickets came."""
    rules = rules or SurgeRules()
    newest = max(moments)
    if now - newest >= rules.resolved_after:
        return Stage.RESOLVED
    if now - newest > rules.window:
        return Stage.QUIET
    recent = sum(now - at <= rules.window for at in moments)
    hours = rules.window / timedelta(hours=1)
    return Stage.ACTIVE if recent / hours > rules.active_per_hour else Stage.EMERGING


def probability(count: int, known: float, ratio: float) -> float:
    """That ``count`` or more come by chance, after ``known`` in a time ``1 / ratio`` as long.

    Negative binomial: a Poisson count whose rate was itself estimated from ``known``, so that few
    stored tickets do not make a surge of a topic that only had no time to show up.
    """
    share = ratio / (1 + ratio)
    term = (1 - share) ** known
    below = 0.0
    for number in range(count):
        below += term
        term *= (known + number) / (number + 1) * share
    if below < 1 - 1e-6:
        return 1 - below
    # What is left of 1 drowns in rounding: add up the tail itself.
    tail = 0.0
    for number in range(count, count + 200):
        tail += term
        term *= (known + number) / (number + 1) * share
    return tail


def _least(vector: Floats, lessons: Sequence[Lesson], rules: SurgeRules) -> int:
    taught = [
        math.ceil(lesson.count * rules.lesson_factor)
        for lesson in lessons
        if belongs(vector, lesson.vector, rules)
    ]
    return max([rules.least, *taught])
