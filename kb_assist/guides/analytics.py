"""Figures about a guide, from events only: they survive edits of its texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from kb_assist.guides.graph import Figures
from kb_assist.guides.labels import word
from kb_assist.guides.model import Channel, Kind, Outcome
from kb_assist.guides.run import Event, EventType

ABANDONED_AFTER = {Channel.AGENT: timedelta(hours=24), Channel.CUSTOMER: timedelta(hours=1)}
MOST_GAP = timedelta(minutes=10)
"""A longer pause is a coffee, not work; only this much of it counts as active."""
REOPEN_WITHIN = timedelta(days=7)
SMALLEST_CELL = 5
"""Figures about fewer sessions are hidden: they say something about people, not about a guide."""

StepId = tuple[str, str]
"""Guide and step; called guides are counted where they are."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of sessions or answers; ``share`` is None while there are too few."""

    count: int
    of: int

    @property
    def share(self) -> float | None:
        return self.count / self.of if self.of >= SMALLEST_CELL else None


@dataclass(frozen=True, slots=True)
class Seconds:
    """Active time; None while there are too few."""

    median: float | None


@dataclass(frozen=True, slots=True)
class StepFigures:
    """One step, over the sessions that were looked at."""

    guide: str
    step: str
    reach: Rate
    drop_off: Rate
    corrected: Rate
    failed: Rate
    """Of an action: failed and blocked among all results."""
    fixed: Rate
    """Of an action: sessions resolved with no further action, among those that took it."""
    escalated_from: Rate
    """Escalations whose last step this was, among all sessions that ended in one."""
    other: Rate
    """How often the option ``other`` was chosen."""
    active: Seconds


@dataclass(frozen=True, slots=True)
class GuideFigures:
    """A guide over a period; ``sessions`` may be small, shares in it are hidden then."""

    sessions: int
    outcomes: dict[str, Rate]
    abandoned: Rate
    reopened: Rate
    steps: tuple[StepFigures, ...]


@dataclass(slots=True)
class _Tally:
    viewed: Counter[StepId] = field(default_factory=Counter)
    dropped: Counter[StepId] = field(default_factory=Counter)
    answered: Counter[StepId] = field(default_factory=Counter)
    changed: Counter[StepId] = field(default_factory=Counter)
    results: Counter[StepId] = field(default_factory=Counter)
    failed: Counter[StepId] = field(default_factory=Counter)
    took: Counter[StepId] = field(default_factory=Counter)
    fixed: Counter[StepId] = field(default_factory=Counter)
    last: Counter[StepId] = field(default_factory=Counter)
    other: Counter[StepId] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    seconds: dict[StepId, list[float]] = field(default_factory=dict)
    sessions: int = 0
    abandoned: int = 0
    reopened: int = 0


def analyse(
    sessions: Iterable[Sequence[Event]], *, now: datetime, given_up: Set[str] = frozenset()
) -> GuideFigures:
    """Each item is one session's events in order; those ``given_up`` are abandoned at once."""
    tally = _Tally()
    for events in sessions:
        if events and events[0].type is EventType.STARTED:
            _count(tally, events, now, is_given_up=events[0].session in given_up)
    return _figures(tally)


def may_be_told(record: tuple[int, int]) -> tuple[int, int]:
    """Resolved and all sessions; nothing while there are too few."""
    return record if record[1] >= SMALLEST_CELL else (0, 0)


def drawn(figures: GuideFigures, guide: str, lang: str) -> Figures:
    """Reach and drop-off as notes on a graph; the redder, the more sessions are left or escalated
    there. Hidden shares draw nothing."""
    notes: dict[str, str] = {}
    weights: dict[str, float] = {}
    for step in figures.steps:
        reach, left = step.reach.share, step.drop_off.share
        if step.guide != guide or reach is None:
            continue
        notes[step.step] = f"{reach * 100:.0f} % {word('reached', lang)}"
        if left:
            notes[step.step] += f", {left * 100:.0f} % {word('left', lang)}"
        weights[step.step] = min(1.0, (left or 0.0) + (step.escalated_from.share or 0.0))
    return Figures(notes, weights)


def _step(event: Event) -> StepId:
    return event.payload["guide"], event.payload["step"]


def _count(tally: _Tally, events: Sequence[Event], now: datetime, *, is_given_up: bool) -> None:
    tally.sessions += 1
    viewed = {_step(e) for e in events if e.type is EventType.VIEWED}
    tally.viewed.update(viewed)
    for event in events:
        if event.type is EventType.ANSWERED:
            _count_answer(tally, event)
    _count_time(tally, events)
    _count_end(tally, events, now, is_given_up=is_given_up)


def _count_answer(tally: _Tally, event: Event) -> None:
    step, value = _step(event), event.payload["value"]
    tally.answered[step] += 1
    tally.changed[step] += bool(event.payload.get("changed"))
    tally.other[step] += value == "other"
    if event.payload.get("kind_of_step") == Kind.DO:
        tally.results[step] += 1
        tally.failed[step] += value in ("failed", "blocked")


def _count_time(tally: _Tally, events: Sequence[Event]) -> None:
    """From seeing a step to answering it; pauses in between are cut."""
    seen: dict[str, float] = {}
    before: Event | None = None
    shown = ""
    for event in events:
        if before is not None and shown:
            gap = min(event.at - before.at, MOST_GAP).total_seconds()
            seen[shown] = seen.get(shown, 0.0) + gap
        if event.type in (EventType.VIEWED, EventType.REVISITED):
            shown = event.payload["key"]
        elif event.type is EventType.ANSWERED:
            spent = seen.pop(event.payload["key"], None)
            if spent is not None:
                tally.seconds.setdefault(_step(event), []).append(spent)
            shown = ""
        before = event


def _count_end(tally: _Tally, events: Sequence[Event], now: datetime, *, is_given_up: bool) -> None:
    ended = next((e for e in reversed(events) if e.type is EventType.ENDED), None)
    actions = [
        _step(e)
        for e in events
        if e.type is EventType.ANSWERED and e.payload.get("kind_of_step") == Kind.DO
    ]
    tally.took.update(set(actions))
    if ended is None:
        last = events[-1]
        views = [e for e in events if e.type is EventType.VIEWED]
        is_left = is_given_up or now - last.at > ABANDONED_AFTER[last.channel]
        if views and is_left:
            tally.abandoned += 1
            tally.dropped[_step(views[-1])] += 1
        return
    tally.ends[ended.payload["kind"]] += 1
    if any(
        e.type is EventType.REOPENED and timedelta() <= e.at - first.at <= REOPEN_WITHIN
        for first in events
        if first.type is EventType.ENDED
        for e in events
        if e.seq > first.seq
    ):
        tally.reopened += 1
    if ended.payload["kind"] == Outcome.RESOLVED and actions:
        tally.fixed[actions[-1]] += 1
    if ended.payload["kind"] == Outcome.ESCALATE:
        answered = [e for e in events if e.type is EventType.ANSWERED]
        last_key = ended.payload.get("last_step")
        from_step = [e for e in answered if e.payload["key"] == last_key] or answered[-1:]
        tally.last.update(_step(e) for e in from_step[-1:])


def _figures(tally: _Tally) -> GuideFigures:
    escalated = tally.ends[Outcome.ESCALATE]
    steps = tuple(
        StepFigures(
            guide=step[0],
            step=step[1],
            reach=Rate(tally.viewed[step], tally.sessions),
            drop_off=Rate(tally.dropped[step], tally.viewed[step]),
            corrected=Rate(tally.changed[step], tally.answered[step]),
            failed=Rate(tally.failed[step], tally.results[step]),
            fixed=Rate(tally.fixed[step], tally.took[step]),
            escalated_from=Rate(tally.last[step], escalated),
            other=Rate(tally.other[step], tally.answered[step]),
            active=_seconds(tally.seconds.get(step, [])),
        )
        for step in sorted({*tally.viewed, *tally.answered})
    )
    ended = sum(tally.ends.values())
    return GuideFigures(
        sessions=tally.sessions,
        outcomes={kind.value: Rate(tally.ends[kind], tally.sessions) for kind in Outcome},
        abandoned=Rate(tally.abandoned, tally.sessions),
        reopened=Rate(tally.reopened, ended),
        steps=steps,
    )


def _seconds(values: list[float]) -> Seconds:
    if len(values) < SMALLEST_CELL:
        return Seconds(None)
    return Seconds(median(values))
